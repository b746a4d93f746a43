"""Functions of torch that the catalogue leaves out: every one with its reason.

`FUNCTIONAL` is held against the installed torch.nn.functional by test: a function of it is declared
or named here. So is `OTHERS` against torch's own, but for those that `MACHINERY` tells by their
names.
"""

from __future__ import annotations

_INDICES = "nothing in the catalogue takes the indices"
_SIZES = "how many numbers it gives hangs on the numbers it is given"
_COMPLEX = "it makes complex numbers, which have no kind"
_BITS = "it is for numbers of few bits"

FUNCTIONAL = {
    "adaptive_max_pool1d_with_indices": _INDICES,
    "adaptive_max_pool2d_with_indices": _INDICES,
    "adaptive_max_pool3d_with_indices": _INDICES,
    "batch_norm": "it changes the running statistics it is given; write `BatchNorm1d` and its kin",
    "conv_tbc": "write `conv1d`",
    "ctc_loss": "it takes the lengths of sequences, which the data cannot tell it",
    "embedding_bag": "write `mean` or `sum` of an `embedding`",
    "fractional_max_pool2d": "it draws its windows in evaluation too",
    "fractional_max_pool2d_with_indices": _INDICES,
    "fractional_max_pool3d": "it draws its windows in evaluation too",
    "fractional_max_pool3d_with_indices": _INDICES,
    "grouped_mm": _BITS,
    "instance_norm": "it changes the running statistics it is given; write `InstanceNorm2d`",
    "linear_cross_entropy": "write `cross_entropy` of a `Linear`",
    "max_pool1d_with_indices": _INDICES,
    "max_pool2d_with_indices": _INDICES,
    "max_pool3d_with_indices": _INDICES,
    "max_unpool1d": _INDICES,
    "max_unpool2d": _INDICES,
    "max_unpool3d": _INDICES,
    "multi_head_attention_forward": "write `MultiheadAttention`",
    "native_channel_shuffle": "write `channel_shuffle`",
    "scaled_grouped_mm": _BITS,
    "scaled_mm": _BITS,
    "triplet_margin_with_distance_loss": "it takes a Python function",
    "upsample": "torch has replaced it by `interpolate`",
    "upsample_bilinear": "torch has replaced it by `interpolate`",
    "upsample_nearest": "torch has replaced it by `interpolate`",
}

OTHERS: dict[str, str] = {
    "allclose": "it gives a truth value of Python's; write `all(isclose(a, b))`",
    "argwhere": _SIZES,
    "as_strided": "it reads memory as it lies; write `reshape` or `unfold`",
    "bincount": _SIZES,
    "chain_matmul": "write `@`",
    "combinations": "write `cartesian_prod`",
    "contiguous": "where numbers lie in memory is torch's affair",
    "empty": "it makes numbers that nobody chose; write `zeros`",
    "empty_like": "it makes numbers that nobody chose; write `zeros_like`",
    "equal": "it gives a truth value of Python's; write `all(eq(a, b))`",
    "histc": "gradients do not pass it; count with `one_hot`",
    "hsplit": "write `tensor_split`",
    "istft": _COMPLEX,
    "manual_seed": "the run's `seed` rules",
    "masked_scatter": _SIZES,
    "masked_select": _SIZES,
    "nonzero": _SIZES,
    "normal": "write `mean + std * randn(...)`",
    "poisson": "it draws whole numbers as floats that gradients do not pass",
    "save": "the run keeps its checkpoints",
    "stft": _COMPLEX,
    "unique": _SIZES,
    "unique_consecutive": _SIZES,
    "view_as_complex": _COMPLEX,
    "view_as_real": _COMPLEX,
    "vsplit": "write `tensor_split`",
}

# Other names of what is declared, and short ways to write what it says.
_WRITTEN = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh",
    "arctan": "atan", "arctan2": "atan2", "arctanh": "atanh", "concat": "cat",
    "concatenate": "cat", "divide": "div", "true_divide": "div", "multiply": "mul",
    "subtract": "sub", "neg": "-x", "negative": "-x", "positive": "x", "rsub": "y - x",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne",
    "row_stack": "vstack", "column_stack": "stack(..., dim=1)", "dstack": "stack(..., dim=2)",
    "dsplit": "tensor_split", "split_with_sizes": "split", "clamp_max": "clamp(x, max=...)",
    "clamp_min": "clamp(x, min=...)", "adjoint": "transpose(x, -1, -2)", "ger": "outer",
    "vdot": "dot", "fix": "trunc", "sgn": "sign", "signbit": "x < 0", "heaviside": "x > 0",
    "msort": "sort(x, dim=0)", "fmax": "maximum", "fmin": "minimum", "float_power": "x ** y",
    "feature_dropout": "dropout1d", "constant_pad_nd": "pad",
    "addmv": "y + a @ x", "addr": "y + outer(a, b)", "addbmm": "y + sum(a @ b, dim=0)",
    "aminmax": "amin` and `amax", "atleast_1d": "unsqueeze",
    "atleast_2d": "unsqueeze", "atleast_3d": "unsqueeze", "broadcast_tensors": "broadcast_to",
    "convolution": "conv2d", "grid_sampler": "grid_sample", "grid_sampler_2d": "grid_sample",
    "grid_sampler_3d": "grid_sample", "affine_grid_generator": "affine_grid",
    "diagflat": "diag(ravel(x))", "ldexp": "x * 2 ** y",
    "frobenius_norm": "norm", "nuclear_norm": 'norm(x, p="nuc", dim=[...])',
    "trapz": "sum(x[..., 1:] + x[..., :-1], dim=-1) / 2",
    "trapezoid": "sum(x[..., 1:] + x[..., :-1], dim=-1) / 2",
    "cumulative_trapezoid": "cumsum(x[..., 1:] + x[..., :-1], dim=-1) / 2",
    "as_tensor": "tensor", "asarray": "tensor", "scalar_tensor": "tensor",
    "randint_like": "randint",
    "fill": "full_like", "take": "gather", "isneginf": "isinf", "isposinf": "isinf",
    "isin": "any(x == y, dim=...)", "gradient": "diff",
    "view": "reshape", "view_as": "reshape", "reshape_as": "reshape", "expand_as": "expand",
    "type_as": "x * 1.0", "size": "a name of a dimension, `input x: real[B, D]",
    "numel": "a name of a dimension, `input x: real[B, D]", "matrix_power": "x @ x",
    "cov": "x @ transpose(x, 0, 1)", "corrcoef": "x @ transpose(x, 0, 1)",
    "index_copy": "scatter", "index_fill": "masked_fill", "index_put": "scatter",
    "index_reduce": "scatter_reduce", "diagonal_scatter": "where", "select_scatter": "where",
    "slice_scatter": "where", "put": "scatter",
}  # fmt: skip
# Names by the reason that they share.
_TOGETHER = {
    "it is a factorization or a solution of equations, which models seldom learn through: declare "
    "an `extern layer` of your own": (
        "cholesky cholesky_inverse cholesky_solve det eig geqrf inverse lobpcg logdet lstsq lu "
        "lu_solve lu_unpack matrix_exp matrix_rank orgqr ormqr pca_lowrank pinverse qr slogdet "
        "solve svd svd_lowrank symeig triangular_solve vander"
    ),
    "the bits of whole numbers mean nothing to a layer": (
        "bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor "
        "frexp gcd lcm nextafter hash_tensor unravel_index"
    ),
    "special functions of few models: declare an `extern layer` of your own": (
        "i0 igamma igammac logaddexp2 mvlgamma polygamma renorm"
    ),
    _COMPLEX: "angle complex conj conj_physical imag is_complex isreal polar real resolve_conj",
    _SIZES: "histogram histogramdd segment_reduce",
    "a NaN is caught in the step that makes it": "nanmedian nanquantile",
    "whole numbers that are drawn pass no gradients": "binomial",
    "a window of samples is a constant: store it as a `Buffer`": (
        "bartlett_window blackman_window hamming_window hann_window kaiser_window"
    ),
    "nothing is changed in place, so that nothing needs a copy": "clone",
    "torch refuses it on tensors that were transposed": "kron",
    "Python's control of a graph, which the compiler does: `if`, `for`, `scan`": (
        "cond while_loop vmap"
    ),
    "write the layer: `RNN`, `LSTM`, `GRU` or their cells": (
        "gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell"
    ),
}
OTHERS |= {name: f"write `{ours}`" for name, ours in _WRITTEN.items()}
OTHERS |= {name: reason for reason, names in _TOGETHER.items() for name in names.split()}
# Functions of torch that are no part of a model, by what their names are like, with the reason.
MACHINERY = {
    r".*_copy": "a form of a view that torch's compiler makes",
    r"(cudnn|miopen|mkldnn|fbgemm|native|unsafe)_.*": "a kernel behind another function",
    r"(fused|fake|quantized?|dequantize|empty|choose|q_|int_repr).*": _BITS,
    r"(sparse|saddmm|sspaddmm|smm|spmm|dsmm|hsmm|hspmm|nonzero_static).*": "tensors are dense",
    r"sym_.*": "sizes that torch's compiler does not know",
    r"(get|set|is|init|use|are|autocast|clear|profiler|prepare|seed|initial|compiled|can)_.*": (
        "what torch asks or is told of itself"
    ),
    r"batch_norm_.*|resolve_neg|slice_inverse|norm_except_dim|as_strided_scatter": (
        "a part of another function"
    ),
    r"(import|parse|merge|unify|from)_.*|frombuffer|to_dlpack|load": "objects of Python",
    r"(promote_types|result_type|typename|broadcast_shapes|classproperty|thread_safe_generator)": (
        "objects of Python"
    ),
    r"seed|fork|wait|compile": "the run's affair",
    r"range": "a function of numbers in netspec, as in Python; of tensors it is `arange`",
}


FUNCTIONS = {**FUNCTIONAL, **OTHERS}
