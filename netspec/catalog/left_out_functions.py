"""Functions of torch that the catalogue leaves out: every one with its reason.

`FUNCTIONAL` is held against the installed torch.nn.functional by test: a function of it is declared
or named here. `OTHERS` are functions of torch that people look for.
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

OTHERS = {
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

FUNCTIONS = {**FUNCTIONAL, **OTHERS}
