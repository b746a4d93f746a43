"""Rules for what no pattern says, by the name of the declaration they belong to.

`SIZES`: functions that a signature calls in a dimension. `CHECKS`: run after a signature's inputs
have matched. `WHOLE`: in place of the signature.
"""

from __future__ import annotations

from collections.abc import Callable

from netspec.catalog.call import Call
from netspec.catalog.rules import (
    applied,
    arithmetic,
    arrangements,
    creation,
    diagonals,
    indexing,
    joins,
    layers,
    letters,
    losses,
    matrices,
    ordering,
    pairs,
    pointwise,
    products,
    rearranging,
    recurrent,
    reductions,
    resampling,
    shapes,
    transformers,
    vision,
    windows,
)
from netspec.types import Dim, TensorType

SIZES: dict[str, Callable[..., Dim]] = {
    "window": windows.window,
    "pooled": windows.pooled,
    "spread": windows.spread,
    "resized": windows.resized,
    "padded": resampling.padded,
    "fractional": resampling.fractional,
}

CHECKS: dict[str, Callable[[Call], None]] = {
    **{f"Conv{n}d": windows.check_convolution for n in (1, 2, 3)},
    **{f"ConvTranspose{n}d": windows.check_convolution for n in (1, 2, 3)},
    "BatchNorm1d": layers.check_batch_norm_1d,
    **{f"InstanceNorm{n}d": layers.check_instance_norm for n in (1, 2, 3)},
    "ChannelShuffle": resampling.check_channel_shuffle,
    "GroupNorm": layers.check_group_norm,
    "PReLU": layers.check_prelu,
    "RReLU": layers.check_bounds,
    "Softmax": layers.check_dim,
    "Softmin": layers.check_dim,
    "LogSoftmax": layers.check_dim,
    "KLDivLoss": losses.check_divergence,
    "CTCLoss": losses.check_alignment,
    "kl_div": losses.check_divergence,
    "softmax": layers.check_dim,
    "log_softmax": layers.check_dim,
    "softmin": layers.check_dim,
    "gumbel_softmax": layers.check_dim,
    "channel_shuffle": resampling.check_channel_shuffle,
    **applied.CHECKS,
}

WHOLE: dict[str, Callable[[Call], tuple[TensorType, ...]]] = {
    "LayerNorm": layers.layer_norm,
    "RMSNorm": layers.layer_norm,
    "Flatten": layers.flatten,
    "Unflatten": layers.unflatten,
    "Embedding": layers.embedding,
    "EmbeddingBag": layers.embedding_bag,
    "GLU": layers.glu,
    "Hardtanh": layers.hard_tanh,
    "RNN": recurrent.recurrent,
    "LSTM": recurrent.recurrent,
    "GRU": recurrent.recurrent,
    "RNNCell": recurrent.cell,
    "LSTMCell": recurrent.cell,
    "GRUCell": recurrent.cell,
    "MultiheadAttention": transformers.attention,
    "TransformerEncoderLayer": transformers.encoder_layer,
    "TransformerDecoderLayer": transformers.decoder_layer,
    "CosineSimilarity": pairs.cosine_similarity,
    "PairwiseDistance": pairs.pairwise_distance,
    **{f"ConstantPad{n}d": resampling.constant_pad for n in (1, 2, 3)},
    "Upsample": resampling.upsample,
    "UpsamplingNearest2d": resampling.upsample,
    "UpsamplingBilinear2d": resampling.upsample,
    "PixelShuffle": resampling.pixel_shuffle,
    "PixelUnshuffle": resampling.pixel_unshuffle,
    "Unfold": resampling.unfold,
    "Fold": resampling.fold,
    "glu": layers.glu,
    "hardtanh": layers.hard_tanh,
    "clamp": pointwise.clamp,
    "clip": pointwise.clamp,
    "minimum": pointwise.extreme,
    "maximum": pointwise.extreme,
    "pow": pointwise.power,
    "where": pointwise.where,
    "masked_fill": pointwise.masked_fill,
    "gather": pointwise.gather,
    "one_hot": pointwise.one_hot,
    "cat": joins.cat,
    "stack": joins.stack,
    "split": joins.split,
    "chunk": joins.chunk,
    "mean": reductions.mean,
    "sum": reductions.total,
    "amax": reductions.extreme,
    "amin": reductions.extreme,
    "var": reductions.spread,
    "std": reductions.spread,
    "norm": reductions.norm,
    "argmax": reductions.argmax,
    "argmin": reductions.argmax,
    "topk": reductions.topk,
    "cumsum": reductions.cumsum,
    "normalize": reductions.normalize,
    "matmul": products.matmul,
    "einsum": letters.einsum,
    "scaled_dot_product_attention": products.attention,
    "reshape": shapes.reshape,
    "flatten": shapes.flatten,
    "transpose": shapes.transpose,
    "permute": shapes.permute,
    "unsqueeze": shapes.unsqueeze,
    "squeeze": shapes.squeeze,
    "expand": shapes.expand,
    "flip": shapes.flip,
    "roll": shapes.roll,
    "pad": shapes.pad,
    "tril": shapes.triangle,
    "triu": shapes.triangle,
    "arange": creation.arange,
    "zeros": creation.constant,
    "ones": creation.constant,
    "rand": creation.constant,
    "randn": creation.normal,
    "full": creation.full,
    "tensor": creation.told,
    "zeros_like": creation.like_constant,
    "ones_like": creation.like_constant,
    "rand_like": creation.like_constant,
    "randn_like": creation.like_normal,
    **applied.RULES,
    **arithmetic.RULES,
    **arrangements.RULES,
    **creation.RULES,
    **diagonals.RULES,
    **indexing.RULES,
    **matrices.RULES,
    **ordering.RULES,
    **rearranging.RULES,
    **vision.RULES,
}

# Functions that take sizes of axes by any name.
OF_AXES = frozenset(rearranging.RULES)

# Functions that do something in training only, as the layers of the same names.
TRAINED = frozenset(
    {
        "alpha_dropout",
        "dropout",
        "dropout1d",
        "dropout2d",
        "dropout3d",
        "feature_alpha_dropout",
        "rrelu",
    }
)

# Functions that draw random numbers each time.
DRAWN = frozenset(
    {
        "bernoulli",
        "gumbel_softmax",
        "multinomial",
        "rand",
        "rand_like",
        "randint",
        "randn",
        "randn_like",
        "randperm",
    }
)

# Functions that lay their tensors over one another, broadcast.
PLACE_BY_PLACE = frozenset(
    {
        *arithmetic.RULES,
        "cosine_similarity",
        "dist",
        "masked_fill",
        "max",
        "maximum",
        "min",
        "minimum",
        "pairwise_distance",
        "pow",
        "where",
    }
)

NESTING = {"LSTM": (0, (1, 2))}

# First states and masks: further inputs that may be there.
OPTIONAL_INPUTS = {
    "RNN": 1,
    "GRU": 1,
    "LSTM": 2,
    "RNNCell": 1,
    "GRUCell": 1,
    "LSTMCell": 2,
    "MultiheadAttention": 2,
    "TransformerEncoderLayer": 2,
    "TransformerDecoderLayer": 2,
}
