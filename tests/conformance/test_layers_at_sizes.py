"""Every layer beside torch's, on the meta device: at several sizes, of wrong shapes and kinds."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from sampling import agree, called, entry, flat, needs_hold, run_layer, tensor, typed
from torch import nn

from netspec import catalog, codegen, driver
from netspec.catalog import Application, Refusal, values
from netspec.diagnostics import Sink
from netspec.source import Source
from netspec.types import Dim, Kind, TensorType

Form = tuple[dict[str, Any], list[TensorType]]
IMAGE = {1: "L", 2: "HW", 3: "DHW"}
# A batch of one is no size for layers that normalise over the batch, which a lint says.
BATCHES = (2, 3, 5)
SIZES = (1, 2, 3, 4, 5, 7, 9)
# Sizes that every form of a layer takes.
MIDDLING = {
    symbol: Dim.of(size)
    for symbol, size in zip("BTSCHWDLN", (3, 4, 5, 12, 8, 10, 7, 12, 8), strict=True)
}


def real(*shape: int | str) -> list[TensorType]:
    return [typed("real", *shape)]


def image(spatial: int, channels: int = 6) -> list[TensorType]:
    return real("B", channels, *IMAGE[spatial])


def of_spatial(name: str, **keywords: Any) -> dict[str, list[Form]]:
    """A form for each number of spatial dimensions; `{n}` in the name."""
    return {name.format(n=n): [(keywords, image(n))] for n in (1, 2, 3)}


ACTIVATIONS = [
    "ReLU",
    "ReLU6",
    "LeakyReLU",
    "PReLU",
    "RReLU",
    "ELU",
    "CELU",
    "SELU",
    "GELU",
    "SiLU",
    "Mish",
    "Hardswish",
    "Sigmoid",
    "Hardsigmoid",
    "LogSigmoid",
    "Tanh",
    "Hardtanh",
    "Tanhshrink",
    "Softplus",
    "Softsign",
    "Softshrink",
    "Hardshrink",
    "Dropout",
    "AlphaDropout",
    "Identity",
]
ROWS = real("B", "T", 6)
SEQUENCE = real("T", "B", 6)
FORMS: dict[str, list[Form]] = {
    **{name: [({}, ROWS), ({}, real("B"))] for name in ACTIVATIONS},
    "Threshold": [({"threshold": 0.1, "value": 2.0}, ROWS)],
    "GLU": [({}, ROWS), ({"dim": 1}, ROWS)],
    "Softmax": [({"dim": 1}, ROWS)],
    "Softmin": [({"dim": -1}, ROWS)],
    "LogSoftmax": [({"dim": 2}, ROWS)],
    "Softmax2d": [({}, image(2))],
    "Linear": [({"out_features": 3}, ROWS)],
    "Bilinear": [({"out_features": 3}, [*ROWS, *real("B", "T", 4)])],
    **of_spatial("Conv{n}d", out_channels=4, kernel_size=3, stride=2, padding=1, dilation=2),
    **of_spatial("ConvTranspose{n}d", out_channels=4, kernel_size=3, stride=2, padding=2),
    **of_spatial("BatchNorm{n}d"),
    **of_spatial("InstanceNorm{n}d", affine=True, track_running_stats=True, bias=False),
    **of_spatial("Dropout{n}d"),
    **of_spatial("MaxPool{n}d", kernel_size=3, stride=2, padding=1, ceil_mode=True),
    **of_spatial("AvgPool{n}d", kernel_size=2, ceil_mode=True),
    **of_spatial("LPPool{n}d", norm_type=2.0, kernel_size=3, stride=2),
    **of_spatial("AdaptiveMaxPool{n}d", output_size=3),
    **of_spatial("AdaptiveAvgPool{n}d", output_size=2),
    **of_spatial("ZeroPad{n}d", padding=2),
    **of_spatial("ConstantPad{n}d", padding=-1, value=0.5),
    **of_spatial("ReflectionPad{n}d", padding=2),
    **of_spatial("ReplicationPad{n}d", padding=2),
    **of_spatial("CircularPad{n}d", padding=3),
    "FeatureAlphaDropout": [({}, image(2))],
    "LayerNorm": [({}, ROWS), ({"normalized_shape": (3, 6)}, real("B", 3, 6))],
    "RMSNorm": [({}, ROWS), ({"normalized_shape": (3, 6), "eps": 1e-3}, real("B", 3, 6))],
    "GroupNorm": [({"num_groups": 3}, image(2))],
    "LocalResponseNorm": [({"size": 3}, image(2)), ({"size": 2}, image(1))],
    "Flatten": [({}, image(2)), ({"start_dim": 2}, image(3))],
    "Unflatten": [({"dim": 1, "unflattened_size": (2, -1)}, real("B", "T"))],
    "Embedding": [({"embedding_dim": 3}, [typed("index", "B", "T", size=7)])],
    "EmbeddingBag": [
        ({"embedding_dim": 3, "mode": mode}, [typed("index", "B", "T", size=7)])
        for mode in ("sum", "mean", "max")
    ],
    "CosineSimilarity": [({}, ROWS * 2), ({"dim": 2}, [*ROWS, *real("T", 6)])],
    "PairwiseDistance": [({}, ROWS * 2), ({"keepdim": True, "p": 1.0}, [*ROWS, *real(6)])],
    "Upsample": [
        ({"scale_factor": 2}, image(1)),
        ({"scale_factor": 0.5}, image(2)),
        ({"scale_factor": 1.5, "mode": "trilinear", "align_corners": True}, image(3)),
        ({"size": (3, 4), "mode": "bicubic"}, image(2)),
        ({"scale_factor": (0.25, 3.0), "mode": "area"}, image(2)),
        ({"scale_factor": 2.5, "mode": "linear", "recompute_scale_factor": True}, image(1)),
    ],
    "UpsamplingNearest2d": [({"scale_factor": 0.5}, image(2)), ({"size": 4}, image(2))],
    "UpsamplingBilinear2d": [({"scale_factor": (2.0, 0.75)}, image(2))],
    "PixelShuffle": [({"upscale_factor": 2}, real("B", "C", "H", "W"))],
    "PixelUnshuffle": [({"downscale_factor": 2}, real("B", 3, "H", "W"))],
    "ChannelShuffle": [({"groups": 3}, real("B", "C", "H", "W"))],
    "Unfold": [({"kernel_size": (2, 3), "padding": 1, "stride": 2, "dilation": (1, 2)}, image(2))],
    "Fold": [({"output_size": (5, 4), "kernel_size": 2}, real("B", "N", 12))],
    "FractionalMaxPool2d": [
        ({"kernel_size": 2, "output_ratio": 0.5}, image(2)),
        ({"kernel_size": (2, 3), "output_size": (3, 2)}, image(2)),
    ],
    "FractionalMaxPool3d": [({"kernel_size": 2, "output_ratio": 0.75}, image(3))],
    "RNN": [({"hidden_size": 5}, SEQUENCE), ({"hidden_size": 5}, SEQUENCE + real(1, "B", 5))],
    "GRU": [
        ({"hidden_size": 5, "bidirectional": True}, SEQUENCE + real(2, "B", 5)),
        ({"hidden_size": 5}, SEQUENCE),
    ],
    "LSTM": [
        ({"hidden_size": 5, "num_layers": 2}, SEQUENCE),
        ({"hidden_size": 5, "proj_size": 2}, SEQUENCE + real(1, "B", 2) + real(1, "B", 5)),
    ],
    "RNNCell": [({"hidden_size": 5, "nonlinearity": "relu"}, real("B", 6) + real("B", 5))],
    "GRUCell": [({"hidden_size": 5}, real("B", 6))],
    "LSTMCell": [
        ({"hidden_size": 5, "bias": False}, real("B", 6)),
        ({"hidden_size": 5}, real("B", 6) + real("B", 5) * 2),
    ],
    "MultiheadAttention": [
        ({"num_heads": 2}, SEQUENCE + real("S", "B", 6) * 2),
        ({"num_heads": 2}, [*SEQUENCE, *real("S", "B", 6) * 2, *real("T", "S")]),
        (
            {"num_heads": 3, "batch_first": True},
            [*real("B", "T", 6) * 3, *real("T", "T"), *real("B", "T")],
        ),
    ],
    "TransformerEncoderLayer": [
        ({"nhead": 2, "dim_feedforward": 8}, SEQUENCE),
        ({"nhead": 2, "dim_feedforward": 8, "bias": False}, [*SEQUENCE, typed("bool", "T", "T")]),
        (
            {"nhead": 3, "dim_feedforward": 8, "batch_first": True, "activation": "gelu"},
            real("B", "T", 6) + real("T", "T") + real("B", "T"),
        ),
    ],
    "TransformerDecoderLayer": [
        ({"nhead": 2, "dim_feedforward": 8, "norm_first": True}, SEQUENCE + real("S", "B", 6)),
        (
            {"nhead": 2, "dim_feedforward": 8},
            SEQUENCE + real("S", "B", 6) + real("T", "T") + [typed("bool", "T", "S")],
        ),
    ],
}
CASES = [(name, *form) for name, forms in FORMS.items() for form in forms]
IDS = [f"{name}-{at}" for name, forms in FORMS.items() for at in range(len(forms))]


def ours(
    name: str, keywords: Mapping[str, Any], given: Sequence[TensorType]
) -> Application | Refusal:
    bound = entry("layer", name).bind((), keywords)
    return bound if isinstance(bound, Refusal) else entry("layer", name).apply(bound, given)


def theirs(name: str, arguments: Mapping[str, Any], given: Sequence[TensorType]) -> Any:
    """What torch gives on the meta device, or its complaint."""
    try:
        module = getattr(nn, name)(**arguments).to("meta")
        made = called(module, name, [tensor(of, "meta") for of in given])
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        return str(error) or "refused"
    return flat(made)


def samples(types: Sequence[TensorType]) -> Iterator[dict[str, int]]:
    """Sizes for the symbols of these types: each symbol at every size, and some at random."""
    symbols = sorted({symbol for of in types for dim in of.shape for symbol in dim.symbols})
    draw = random.Random(1)

    def drawn() -> dict[str, int]:
        return {name: draw.choice(BATCHES if name == "B" else SIZES) for name in symbols}

    for symbol in symbols:
        for size in BATCHES if symbol == "B" else SIZES:
            yield drawn() | {symbol: size}
    for _ in range(8):
        yield drawn()


@pytest.mark.parametrize(("name", "keywords", "types"), CASES, ids=IDS)
def test_shapes_at_several_sizes(
    name: str, keywords: dict[str, Any], types: list[TensorType]
) -> None:
    applied = ours(name, keywords, types)
    assert isinstance(applied, Application), applied
    held = 0
    for sizes in samples(types):
        dims = {symbol: Dim.of(size) for symbol, size in sizes.items()}
        given = [of.substitute(dims) for of in types]
        at_once = ours(name, keywords, given)
        torchs = theirs(name, applied.arguments, given)
        assert needs_hold(applied, sizes) == isinstance(at_once, Application), sizes
        if not needs_hold(applied, sizes):
            empty = not isinstance(torchs, str) and all(not made.numel() for made in torchs)
            assert isinstance(torchs, str) or empty, sizes
            continue
        held += 1
        assert not isinstance(torchs, str), f"{sizes}: {torchs}"
        assert isinstance(at_once, Application)
        wanted = [of.substitute(dims) for of in applied.outputs]
        assert [of.shape for of in wanted] == [of.shape for of in at_once.outputs]
        assert [tuple(dim.value for dim in of.shape) for of in wanted] == [
            tuple(made.shape) for made in torchs
        ], sizes
        assert [of.kind.is_float for of in wanted] == [made.is_floating_point() for made in torchs]
        assert {made.dtype for made in torchs if made.is_floating_point()} <= {torch.float32}
    assert held


def altered(of: TensorType) -> Iterator[TensorType]:
    """The type with a dimension of another size, one less and one more."""
    for at, dim in enumerate(of.shape):
        for size in (1, 2, (dim.value or 0) + 1):
            yield replace(of, shape=(*of.shape[:at], Dim.of(size), *of.shape[at + 1 :]))
    yield replace(of, shape=of.shape[:-1])
    yield replace(of, shape=of.shape[1:])
    yield replace(of, shape=(*of.shape, Dim.of(2)))


@pytest.mark.parametrize(("name", "keywords", "types"), CASES, ids=IDS)
def test_what_is_taken_runs_and_what_torch_refuses_is_refused(
    name: str, keywords: dict[str, Any], types: list[TensorType]
) -> None:
    given = [of.substitute(MIDDLING) for of in types]
    for at, of_one in enumerate(given):
        for other in altered(of_one):
            tried = [*given[:at], other, *given[at + 1 :]]
            mine = ours(name, keywords, tried)
            if isinstance(mine, Application):
                torchs = theirs(name, mine.arguments, tried)
                if "BatchNorm" in name and tried[0].shape[0].value == 1:
                    continue  # a lint says so
                assert not isinstance(torchs, str), f"torch refuses {tried[at]}: {torchs}"
            else:
                assert mine.reason in {"rank", "size", "value", "count"}


def spec(name: str, keywords: Mapping[str, Any], given: Sequence[TensorType], outputs: int) -> str:
    """A model of one layer labelled `it`, with as many inputs and outputs as the layer has."""
    inputs = "abcde"[: len(given)]
    results = [f"r{at}" for at in range(outputs)]
    arguments = ", ".join(f"{key}={values.written(value)}" for key, value in keywords.items())
    flow = inputs if len(given) == 1 else f"({', '.join(inputs)})"
    lines = [f"input {key}: {of}" for key, of in zip(inputs, given, strict=True)]
    lines.append(f"{', '.join(results)} = {flow} -> it: {name}({arguments})")
    lines.append(f"output {', '.join(results)}")
    return "model {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize(("name", "keywords", "types"), CASES, ids=IDS)
def test_what_is_built_computes_what_torch_does(
    name: str, keywords: dict[str, Any], types: list[TensorType]
) -> None:
    given = [of.substitute(MIDDLING) for of in types]
    applied = ours(name, keywords, given)
    assert isinstance(applied, Application)
    program = driver.check(
        Source("it.net", spec(name, keywords, given, len(applied.outputs))), sink := Sink()
    )
    assert not sink.diagnostics
    assert program is not None
    assert program.model is not None
    built = codegen.build_model(program.model, "it.net")
    module = getattr(nn, name)(**applied.arguments)
    module.load_state_dict(
        {key.removeprefix("it."): value for key, value in built.state_dict().items()}, strict=True
    )
    tensors = [tensor(of) for of in given]
    torch.manual_seed(3)
    mine = flat(built(*tensors))
    torch.manual_seed(3)
    torchs = flat(called(module, name, tensors))
    assert len(mine) == len(torchs)
    assert all(torch.equal(a, b) for a, b in zip(mine, torchs, strict=True))


def test_every_layer_is_sampled() -> None:
    assert set(FORMS) == set(catalog.load().names("layer"))


KINDS = ("real", "unit", "prob", "logprob", "int", "bool", "index")


@pytest.mark.parametrize(("name", "keywords", "types"), CASES, ids=IDS)
def test_kinds_that_are_taken_run(
    name: str, keywords: dict[str, Any], types: list[TensorType]
) -> None:
    given = [of.substitute(MIDDLING) for of in types]
    for at in range(len(given)):
        for kind in KINDS:
            size = given[at].kind.size or Dim.of(2)
            changed = given[at].with_kind(Kind(kind, size if kind == "index" else None))
            tried = [*given[:at], changed, *given[at + 1 :]]
            if isinstance(ours(name, keywords, tried), Application):
                agree(run_layer(name, (), keywords, tried))
