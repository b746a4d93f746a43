from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import agree, entry, run_layer, symbolic, tensor, typed

from netspec import catalog
from netspec.catalog import Application, Refusal
from netspec.types import TensorType

Case = tuple[str, tuple[Any, ...], dict[str, Any], list[TensorType]]


def real(*shape: int | str) -> list[TensorType]:
    return [typed("real", *shape)]


# name, positional, keywords, inputs: both sides accept, or both refuse.
CASES: list[Case] = [
    ("Linear", (3,), {}, real(4, 5)),
    ("Linear", (3, False), {}, real(4, 2, 5)),
    ("Linear", (3,), {"in_features": 5}, real(4, 5)),
    ("Linear", (3,), {"in_features": 6}, real(4, 5)),
    ("BatchNorm1d", (), {}, real(4, 5)),
    ("BatchNorm1d", (), {"momentum": None}, real(4, 5, 6)),
    ("BatchNorm1d", (), {"affine": False}, real(4, 5, 6)),
    ("BatchNorm1d", (), {"track_running_stats": False}, real(4, 5)),
    ("BatchNorm1d", (), {}, real(4, 5, 6, 7)),
    ("BatchNorm2d", (), {"bias": False}, real(4, 5, 6, 7)),
    ("BatchNorm2d", (), {}, real(4, 5, 6)),
    ("BatchNorm2d", (), {"num_features": 4}, real(4, 5, 6, 7)),
    ("BatchNorm3d", (0.1, 0.2), {}, real(4, 5, 2, 2, 2)),
    ("LayerNorm", (), {}, real(4, 5, 6)),
    ("LayerNorm", (), {"normalized_shape": (5, 6)}, real(4, 5, 6)),
    ("LayerNorm", (), {"normalized_shape": 5}, real(4, 5, 6)),
    ("LayerNorm", (), {"normalized_shape": (4, 5, 6, 7)}, real(4, 5, 6)),
    ("LayerNorm", (), {"elementwise_affine": False}, real(4, 5, 6)),
    ("LayerNorm", (), {"bias": False}, real(4, 6)),
    ("GroupNorm", (3,), {}, real(4, 6)),
    ("GroupNorm", (3,), {}, real(4, 6, 5, 5)),
    ("GroupNorm", (4,), {}, real(4, 6, 5, 5)),
    ("GroupNorm", (2,), {"affine": False}, real(4, 6, 5)),
    ("GroupNorm", (2,), {"bias": False}, real(4, 6, 5)),
    ("Dropout", (0.3,), {}, real(4, 6)),
    ("Dropout", (1.5,), {}, real(4, 6)),
    ("Dropout", (-0.1,), {}, real(4, 6)),
    ("Dropout1d", (), {}, real(4, 6, 2)),
    ("Dropout2d", (), {}, real(4, 6, 2, 2)),
    ("Dropout3d", (), {}, real(4, 6, 2, 2, 2)),
    ("AlphaDropout", (), {}, real(4, 6)),
    ("FeatureAlphaDropout", (), {}, real(4, 6, 3)),
    ("Flatten", (), {}, real(4, 6, 2, 3)),
    ("Flatten", (0,), {}, real(4, 6, 2, 3)),
    ("Flatten", (), {"start_dim": 1, "end_dim": 2}, real(4, 6, 2, 3)),
    ("Flatten", (-2,), {}, real(4, 6, 2, 3)),
    ("Flatten", (2, 1), {}, real(4, 6, 2, 3)),
    ("Flatten", (5,), {}, real(4, 6, 2, 3)),
    ("Flatten", (), {}, real(4, 6)),
    ("Flatten", (), {}, real(4)),
    ("Unflatten", (1, (2, 3)), {}, real(4, 6)),
    ("Unflatten", (-1, (2, -1)), {}, real(4, 6)),
    ("Unflatten", (1, (4, -1)), {}, real(4, 6)),
    ("Unflatten", (1, (2, 2)), {}, real(4, 6)),
    ("Unflatten", (1, (-1, -1)), {}, real(4, 6)),
    ("Unflatten", (2, (2, 3)), {}, real(4, 6)),
    ("Identity", (), {}, [typed("unit", 4, 6)]),
    ("Identity", (), {}, [typed("index", 4, size=3)]),
    ("Embedding", (7,), {}, [typed("index", 4, 6, size=10)]),
    ("Embedding", (7,), {}, [typed("index", 4, size=10)]),
    ("Embedding", (7,), {"num_embeddings": 12}, [typed("index", 4, size=10)]),
    ("Embedding", (7,), {"padding_idx": 0}, [typed("index", 4, size=10)]),
    ("Embedding", (7,), {"padding_idx": 10}, [typed("index", 4, size=10)]),
    ("Embedding", (7,), {"padding_idx": -11}, [typed("index", 4, size=10)]),
    ("Embedding", (7,), {"num_embeddings": 12}, real(4)),
    ("Softmax", (1,), {}, real(4, 6)),
    ("Softmax", (-1,), {}, real(4, 6)),
    ("Softmax", (2,), {}, real(4, 6)),
    ("Softmin", (1,), {}, real(4, 6)),
    ("LogSoftmax", (1,), {}, real(4, 6)),
    ("LogSoftmax", (-3,), {}, real(4, 6)),
    ("Softmax2d", (), {}, real(4, 6, 2, 2)),
    ("GLU", (), {}, real(4, 6)),
    ("GLU", (0,), {}, real(4, 5)),
    ("GLU", (), {}, real(4, 5)),
    ("GLU", (2,), {}, real(4, 6)),
    ("PReLU", (), {}, real(4, 6)),
    ("PReLU", (6,), {}, real(4, 6, 2)),
    ("PReLU", (5,), {}, real(4, 6, 2)),
    ("Threshold", (0.1, 20.0), {}, real(4, 6)),
    ("Threshold", (0.1,), {}, real(4, 6)),
    ("Hardtanh", (), {}, real(4, 6)),
    ("Hardtanh", (0.0, 1.0), {}, real(4, 6)),
    ("Hardtanh", (1.0, 0.0), {}, real(4, 6)),
    ("RReLU", (0.5, 0.2), {}, real(4, 6)),
    ("GELU", ("tanh",), {}, real(4, 6)),
    ("GELU", ("erf",), {}, real(4, 6)),
    ("MaxPool2d", (2,), {}, [typed("prob", 4, 6, 4, 4)]),
    ("AvgPool2d", (2,), {}, [typed("unit", 4, 6, 4, 4)]),
    ("AdaptiveAvgPool1d", (3,), {}, real(4, 6, 7)),
    ("AdaptiveAvgPool1d", ((3,),), {}, real(4, 6, 7)),
    ("AdaptiveAvgPool2d", ((3, None),), {}, real(4, 6, 7, 8)),
    ("AdaptiveAvgPool2d", (1,), {}, real(4, 6, 7, 8)),
    ("AdaptiveAvgPool3d", ((1, 2, None),), {}, real(4, 6, 7, 8, 3)),
    ("AdaptiveMaxPool1d", (3,), {}, real(4, 6, 7)),
    ("AdaptiveMaxPool2d", ((9, 2),), {}, real(4, 6, 7, 8)),
    ("AdaptiveMaxPool3d", (2,), {}, real(4, 6, 7, 8, 3)),
    ("RNN", (5,), {}, real(7, 3, 4)),
    ("RNN", (5,), {"nonlinearity": "relu", "num_layers": 2}, real(7, 3, 4)),
    ("RNN", (5,), {"nonlinearity": "sigmoid"}, real(7, 3, 4)),
    ("GRU", (5,), {"batch_first": True, "bidirectional": True}, real(3, 7, 4)),
    ("GRU", (5,), {}, [typed("real", 7, 3, 4), typed("real", 1, 3, 5)]),
    ("GRU", (5,), {}, [typed("real", 7, 3, 4), typed("real", 2, 3, 5)]),
    ("LSTM", (5,), {"batch_first": True, "num_layers": 2, "bias": False}, real(3, 7, 4)),
    ("LSTM", (5,), {"proj_size": 2, "bidirectional": True, "num_layers": 2}, real(7, 3, 4)),
    ("LSTM", (5,), {"proj_size": 5}, real(7, 3, 4)),
    ("LSTM", (5,), {"input_size": 6}, real(7, 3, 4)),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) * 3),
    ("MultiheadAttention", (3,), {}, real(7, 3, 4) * 3),
    ("MultiheadAttention", (2,), {"batch_first": True}, real(3, 7, 4) + real(3, 5, 4) * 2),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) + real(5, 3, 6) + real(5, 3, 8)),
    ("MultiheadAttention", (2,), {"bias": False}, real(7, 3, 4) + real(5, 3, 6) + real(6, 3, 8)),
    ("MultiheadAttention", (2,), {"add_bias_kv": True, "bias": False}, real(7, 3, 4) * 3),
    ("MultiheadAttention", (2,), {"add_zero_attn": True}, real(7, 3, 4) * 3),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) + real(7, 2, 4) * 2),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) * 3 + real(7, 7)),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) * 3 + real(6, 7, 7)),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) * 3 + real(7, 5)),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) * 3 + real(7, 7) + real(3, 7)),
    ("MultiheadAttention", (2,), {}, real(7, 3, 4) * 3 + real(7, 7) + real(7, 3)),
    ("MultiheadAttention", (2,), {}, [*real(7, 3, 4) * 3, typed("int", 7, 7)]),
    ("InstanceNorm1d", (), {}, real(4, 5, 6)),
    ("InstanceNorm1d", (), {}, real(4, 5, 1)),
    ("InstanceNorm2d", (), {"affine": True}, real(4, 5, 1, 2)),
    ("InstanceNorm3d", (), {"track_running_stats": True}, real(4, 5, 1, 2, 3)),
    ("InstanceNorm2d", (), {"num_features": 4, "affine": True}, real(4, 5, 6, 7)),
    ("RMSNorm", (), {}, real(4, 5, 6)),
    ("RMSNorm", (), {"elementwise_affine": False}, real(4, 6)),
    ("RMSNorm", (), {"normalized_shape": (6, 5)}, real(4, 5, 6)),
    ("LocalResponseNorm", (3,), {}, real(4, 5, 6)),
    ("LocalResponseNorm", (3,), {}, real(4, 5)),
    ("LocalResponseNorm", (0,), {}, real(4, 5, 6)),
    ("EmbeddingBag", (3,), {}, [typed("index", 4, 6, size=10)]),
    ("EmbeddingBag", (3,), {"mode": "max", "sparse": True}, [typed("index", 4, 6, size=10)]),
    ("EmbeddingBag", (3,), {"mode": "median"}, [typed("index", 4, 6, size=10)]),
    ("EmbeddingBag", (3,), {"padding_idx": 10}, [typed("index", 4, 6, size=10)]),
    (
        "EmbeddingBag",
        (3,),
        {"mode": "max", "scale_grad_by_freq": True},
        [typed("index", 4, 6, size=10)],
    ),
    ("EmbeddingBag", (3,), {}, [typed("index", 4, 6, 2, size=10)]),
    ("Bilinear", (3,), {}, real(4, 5) + real(4, 6)),
    ("Bilinear", (3, False), {}, real(4, 2, 5) + real(4, 2, 6)),
    ("Bilinear", (3,), {}, real(4, 2, 5) + real(4, 1, 6)),
    ("CosineSimilarity", (), {}, real(4, 5) + real(4, 5)),
    ("CosineSimilarity", (), {}, real(4, 5) + real(4, 6)),
    ("CosineSimilarity", (2,), {}, real(4, 5) + real(4, 5)),
    ("CosineSimilarity", (-1,), {}, real(4, 2, 5) + real(2, 5)),
    ("PairwiseDistance", (), {}, real(4, 5) + real(4, 5)),
    ("PairwiseDistance", (1.0,), {"keepdim": True}, real(4, 2, 5) + real(5)),
    ("PairwiseDistance", (), {}, real(4, 5) + real(4, 3)),
    ("RNNCell", (5,), {}, real(3, 4)),
    ("RNNCell", (5, False, "relu"), {}, real(3, 4) + real(3, 5)),
    ("RNNCell", (5,), {"nonlinearity": "gelu"}, real(3, 4)),
    ("GRUCell", (5,), {"bias": False}, real(3, 4) + real(3, 5)),
    ("GRUCell", (5,), {}, real(3, 4) + real(2, 5)),
    ("LSTMCell", (5,), {}, real(3, 4)),
    ("LSTMCell", (5,), {}, real(3, 4) + real(3, 5) * 2),
    ("LSTMCell", (5,), {}, real(3, 4) + real(3, 5)),
    ("LSTMCell", (5,), {}, real(3, 4) + real(3, 5) + real(3, 4)),
    ("LSTM", (5,), {}, real(7, 3, 4) + real(1, 3, 5) * 2),
    ("LSTM", (5,), {}, real(7, 3, 4) + real(1, 3, 5)),
    ("LSTM", (5,), {"proj_size": 2}, real(7, 3, 4) + real(1, 3, 5) * 2),
    ("TransformerEncoderLayer", (2,), {"dim_feedforward": 8}, real(7, 3, 4)),
    ("TransformerEncoderLayer", (3,), {"dim_feedforward": 8}, real(7, 3, 4)),
    ("TransformerEncoderLayer", (2,), {"activation": "tanh"}, real(7, 3, 4)),
    ("TransformerEncoderLayer", (2,), {"activation": "gelu", "bias": False}, real(7, 3, 4)),
    ("TransformerEncoderLayer", (2,), {}, real(7, 3, 4) + real(7, 7)),
    ("TransformerEncoderLayer", (2,), {}, real(7, 3, 4) + real(6, 3, 7, 7)),
    ("TransformerEncoderLayer", (2,), {}, real(7, 3, 4) + real(6, 7, 7)),
    ("TransformerEncoderLayer", (2,), {}, real(7, 3, 4) + real(7, 3)),
    ("TransformerEncoderLayer", (2,), {}, real(7, 3, 4) + real(7, 7) + real(3, 7)),
    ("TransformerEncoderLayer", (2,), {}, real(7, 3, 4) + real(7, 7) + real(7, 3)),
    ("TransformerDecoderLayer", (2,), {}, real(7, 3, 4) + real(5, 3, 4)),
    ("TransformerDecoderLayer", (2,), {}, real(7, 3, 4) + real(5, 2, 4)),
    ("TransformerDecoderLayer", (2,), {}, real(7, 3, 4) + real(5, 3, 6)),
    ("TransformerDecoderLayer", (2,), {}, real(7, 3, 4)),
    ("TransformerDecoderLayer", (2,), {}, real(7, 3, 4) + real(5, 3, 4) + real(7, 7) + real(7, 5)),
    ("TransformerDecoderLayer", (2,), {}, real(7, 3, 4) + real(5, 3, 4) + real(7, 7) + real(5, 7)),
    ("PixelShuffle", (2,), {}, real(3, 8, 4, 5)),
    ("PixelShuffle", (3,), {}, real(3, 8, 4, 5)),
    ("PixelShuffle", (0,), {}, real(3, 8, 4, 5)),
    ("PixelUnshuffle", (2,), {}, real(3, 2, 4, 6)),
    ("PixelUnshuffle", (2,), {}, real(3, 2, 4, 5)),
    ("ChannelShuffle", (2,), {}, real(3, 4, 5)),
    ("ChannelShuffle", (3,), {}, real(3, 4, 5, 5)),
    ("ChannelShuffle", (2,), {}, real(3, 4)),
    ("Unfold", (2,), {}, real(3, 4, 5, 5)),
    ("Unfold", (6,), {}, real(3, 4, 5, 5)),
    ("Unfold", (6,), {"padding": 1}, real(3, 4, 5, 5)),
    ("Unfold", (2,), {}, real(3, 4, 5, 5, 5)),
    ("Fold", ((4, 5), (2, 2)), {"stride": 2, "padding": (0, 1)}, real(3, 8, 6)),
    ("Fold", ((4, 5), (2, 2)), {"stride": 2, "padding": (0, 1)}, real(3, 8, 5)),
    ("Fold", ((4, 5), (2, 2)), {"stride": 2, "padding": (0, 1)}, real(3, 7, 6)),
    ("Fold", (2, 3), {}, real(3, 9, 1)),
    ("Upsample", (), {}, real(3, 4, 5)),
    ("Upsample", (7,), {}, real(3, 4, 5)),
    ("Upsample", (7, 2.0), {}, real(3, 4, 5)),
    ("Upsample", ((7, 3),), {}, real(3, 4, 5)),
    ("Upsample", ((7, 3),), {}, real(3, 4, 5, 5)),
    ("Upsample", (), {"scale_factor": 0.1}, real(3, 4, 5)),
    ("Upsample", (), {"scale_factor": -1.0}, real(3, 4, 5)),
    ("Upsample", (), {"scale_factor": 2, "mode": "linear"}, real(3, 4, 5, 5)),
    ("Upsample", (), {"scale_factor": 2, "mode": "bicubic"}, [typed("unit", 3, 4, 5, 5)]),
    ("Upsample", (), {"scale_factor": 2, "mode": "cubic"}, real(3, 4, 5, 5)),
    ("Upsample", (), {"scale_factor": 2, "align_corners": True}, real(3, 4, 5)),
    ("Upsample", (4,), {"recompute_scale_factor": True}, real(3, 4, 5)),
    ("Upsample", (4,), {}, real(3, 4)),
    ("UpsamplingNearest2d", (4,), {}, [typed("prob", 3, 4, 5, 5)]),
    ("UpsamplingBilinear2d", (), {"scale_factor": (0.5, 3.0)}, [typed("unit", 3, 4, 5, 5)]),
    ("ReflectionPad1d", ((-1, 4),), {}, real(3, 4, 5)),
    ("ReflectionPad1d", (5,), {}, real(3, 4, 5)),
    ("ReflectionPad2d", ((1, 2, 3, 4),), {}, real(3, 4, 5, 5)),
    ("ReflectionPad2d", ((1, 2),), {}, real(3, 4, 5, 5)),
    ("ReflectionPad3d", ((0, 1, 2, 1, 0, 3),), {}, real(3, 4, 4, 5, 6)),
    ("ReplicationPad1d", (9,), {}, real(3, 4, 5)),
    ("ReplicationPad2d", ((-2, -3, 0, 0),), {}, real(3, 4, 5, 5)),
    ("ReplicationPad3d", ((1, 2, 3, 4, 5, 6),), {}, real(3, 4, 4, 5, 6)),
    ("CircularPad1d", (5,), {}, real(3, 4, 5)),
    ("CircularPad1d", (6,), {}, real(3, 4, 5)),
    ("CircularPad2d", ((1, 2, 3, 4),), {}, real(3, 4, 5, 6)),
    ("CircularPad3d", ((1, 2, 3, 4, 4, 4),), {}, real(3, 4, 4, 5, 6)),
    ("ZeroPad1d", ((-3, -2),), {}, real(3, 4, 5)),
    ("ZeroPad1d", (1,), {}, [typed("index", 3, 4, size=5)]),
    ("ZeroPad2d", ((1, 2, 3, 4),), {}, [typed("bool", 3, 4, 5, 6)]),
    ("ZeroPad3d", ((1, 2, 3, 4, 5, 6),), {}, [typed("unit", 3, 4, 4, 5, 6)]),
    ("ConstantPad1d", (1, 4), {}, [typed("index", 3, 4, size=5)]),
    ("ConstantPad1d", (1, 7), {}, [typed("index", 3, 4, size=5)]),
    ("ConstantPad1d", (1,), {}, real(3, 4)),
    ("ConstantPad2d", ((1, 2, 0, 0), 1.5), {}, [typed("unit", 3, 4, 5, 6)]),
    ("ConstantPad3d", (1, 0.5), {}, [typed("unit", 3, 4, 4, 5, 6)]),
    ("FractionalMaxPool2d", (2,), {"output_size": 4}, real(3, 4, 5, 5)),
    ("FractionalMaxPool2d", (2,), {"output_size": 5}, real(3, 4, 5, 5)),
    ("FractionalMaxPool2d", (2,), {}, real(3, 4, 5, 5)),
    ("FractionalMaxPool2d", (2,), {"output_size": 2, "output_ratio": 0.5}, real(3, 4, 5, 5)),
    ("FractionalMaxPool2d", (2,), {"output_ratio": 1.0}, real(3, 4, 5, 5)),
    ("FractionalMaxPool2d", (2,), {"output_ratio": (0.5, 0.7)}, [typed("unit", 3, 4, 5, 6)]),
    ("FractionalMaxPool3d", (2,), {"output_size": (1, 2, 3)}, real(3, 4, 4, 5, 6)),
    ("FractionalMaxPool3d", (2,), {"output_size": (3, 2, 3)}, real(3, 4, 4, 5, 6)),
]
PLAIN = [
    "ReLU ReLU6 LeakyReLU PReLU RReLU ELU CELU SELU GELU SiLU Mish Hardswish Sigmoid Hardsigmoid",
    "LogSigmoid Tanh Hardtanh Tanhshrink Softplus Softsign Softshrink Hardshrink",
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}{case[1]}{case[2]}")
def test_layer_and_torch_agree(case: Case) -> None:
    agree(run_layer(*case))


@pytest.mark.parametrize("name", " ".join(PLAIN).split())
@pytest.mark.parametrize("shape", [(4, 5), (4,), (2, 3, 4, 5)])
def test_activations_keep_the_shape(name: str, shape: tuple[int, ...]) -> None:
    outcome = run_layer(name, inputs=real(*shape))
    assert isinstance(outcome.ours, Application)
    agree(outcome)


UNBATCHED = [
    ("Linear", (3,), real("B")),
    ("Conv2d", (3, 1), real("C", 4, 4)),
    ("Conv1d", (3, 1), real(4, 4)),
    ("MaxPool2d", (2,), real(3, 4, 4)),
    ("BatchNorm2d", (), real("B", 64)),
    ("LSTM", (3,), real(7, 4)),
]


@pytest.mark.parametrize(("name", "positional", "inputs"), UNBATCHED)
def test_the_batch_is_always_written(
    name: str, positional: tuple[Any, ...], inputs: list[TensorType]
) -> None:
    bound = entry("layer", name).bind(positional, {})
    assert not isinstance(bound, Refusal)
    refusal = entry("layer", name).apply(bound, inputs)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "rank"


sizes = st.integers(1, 7)
small = st.integers(1, 3)


@st.composite
def windows(draw: st.DrawFn, names: tuple[str, ...]) -> tuple[int, dict[str, Any]]:
    spatial = draw(st.integers(1, 3))

    def one(strategy: st.SearchStrategy[int]) -> Any:
        if draw(st.booleans()):
            return draw(strategy)
        return tuple(draw(strategy) for _ in range(spatial))

    drawn = {
        "kernel_size": one(st.integers(1, 4)),
        "stride": one(small),
        "padding": one(st.integers(0, 2)),
        "dilation": one(st.integers(1, 2)),
        "output_padding": one(st.integers(0, 2)),
    }
    return spatial, {name: drawn[name] for name in names}


def check_windows(name: str, spatial: int, keywords: dict[str, Any], image: list[int]) -> None:
    shape = (2, 4, *image[:spatial])
    outcome = run_layer(name, (), keywords, real(*shape))
    agree(outcome)
    values = dict(zip("HWD", image, strict=False))
    met, types = symbolic(name, keywords, real(2, 4, *"HWD"[:spatial]), values)
    assert met == isinstance(outcome.ours, Application)
    if isinstance(outcome.ours, Application):
        assert types == outcome.ours.outputs


images = st.lists(sizes, min_size=3, max_size=3)


@settings(max_examples=120)
@given(
    windows(("kernel_size", "stride", "padding", "dilation")),
    images,
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([2, 4, 6]),
    st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
)
def test_convolutions(
    drawn: tuple[int, dict[str, Any]], image: list[int], groups: int, out: int, mode: str
) -> None:
    spatial, keywords = drawn
    keywords |= {"out_channels": out, "groups": groups, "padding_mode": mode}
    check_windows(f"Conv{spatial}d", spatial, keywords, image)


@settings(max_examples=60)
@given(
    windows(("kernel_size", "dilation")),
    images,
    st.sampled_from(["same", "valid"]),
    st.integers(1, 2),
    st.sampled_from(["zeros", "reflect", "circular"]),
)
def test_convolutions_with_named_padding(
    drawn: tuple[int, dict[str, Any]], image: list[int], padding: str, stride: int, mode: str
) -> None:
    spatial, keywords = drawn
    keywords |= {"out_channels": 2, "padding": padding, "stride": stride, "padding_mode": mode}
    check_windows(f"Conv{spatial}d", spatial, keywords, image)


@settings(max_examples=100)
@given(
    windows(("kernel_size", "stride", "padding", "dilation", "output_padding")),
    images,
    st.sampled_from([1, 2, 3]),
)
def test_transposed_convolutions(
    drawn: tuple[int, dict[str, Any]], image: list[int], groups: int
) -> None:
    spatial, keywords = drawn
    keywords |= {"out_channels": 4, "groups": groups}
    check_windows(f"ConvTranspose{spatial}d", spatial, keywords, image)


@settings(max_examples=120)
@given(windows(("kernel_size", "stride", "padding", "dilation")), images, st.booleans())
def test_max_pools(drawn: tuple[int, dict[str, Any]], image: list[int], ceil_mode: bool) -> None:
    spatial, keywords = drawn
    check_windows(f"MaxPool{spatial}d", spatial, keywords | {"ceil_mode": ceil_mode}, image)


@settings(max_examples=100)
@given(windows(("kernel_size", "stride", "padding")), images, st.booleans())
def test_average_pools(
    drawn: tuple[int, dict[str, Any]], image: list[int], ceil_mode: bool
) -> None:
    spatial, keywords = drawn
    check_windows(f"AvgPool{spatial}d", spatial, keywords | {"ceil_mode": ceil_mode}, image)


@settings(max_examples=60)
@given(windows(("kernel_size", "stride")), images, st.booleans())
def test_power_pools(drawn: tuple[int, dict[str, Any]], image: list[int], ceil_mode: bool) -> None:
    spatial, keywords = drawn
    if spatial == 1 and isinstance(keywords["kernel_size"], tuple):
        return  # torch's LPPool1d takes whole numbers only
    keywords |= {"ceil_mode": ceil_mode, "norm_type": 2.0}
    check_windows(f"LPPool{spatial}d", spatial, keywords, image)


@pytest.mark.parametrize("name", ["MaxPool2d", "AvgPool2d"])
def test_pools_without_stride_stand_side_by_side(name: str) -> None:
    agree(run_layer(name, (2,), {}, real(2, 3, 7, 8)))


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU", "MultiheadAttention"])
def test_the_batch_is_never_taken_for_time(name: str) -> None:
    declared = entry("layer", name)
    inputs = real("B", 7, 4) * (3 if name == "MultiheadAttention" else 1)
    bound = declared.bind((2,), {})
    assert not isinstance(bound, Refusal)
    refusal = declared.apply(bound, inputs)
    assert isinstance(refusal, Refusal)
    assert refusal.help == "add `batch_first=true`"
    bound = declared.bind((2,), {"batch_first": True})
    assert not isinstance(bound, Refusal)
    assert isinstance(declared.apply(bound, inputs), Application)


def test_sampled_tensors_are_of_their_kind() -> None:
    assert torch.allclose(tensor(typed("prob", 3, 4)).sum(1), torch.ones(3))


def test_every_layer_is_sampled() -> None:
    families = ("Conv", "ConvTranspose", "MaxPool", "AvgPool", "LPPool")
    sampled = {f"{family}{n}d" for family in families for n in (1, 2, 3)}
    sampled |= {case[0] for case in CASES} | set(" ".join(PLAIN).split())
    assert sampled == set(catalog.load().names("layer"))
