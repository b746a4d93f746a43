from __future__ import annotations

from typing import Any

import pytest

from netspec import catalog
from netspec.catalog import Application, Bound, Entry, Refusal
from netspec.types import Dim, Kind, TensorType

CATALOG = catalog.load()


def find(kind: str, name: str) -> Entry:
    entry = CATALOG.find(kind, name)
    assert entry is not None
    return entry


def real(*shape: int | str) -> TensorType:
    dims = (Dim.symbol(d) if isinstance(d, str) else Dim.of(d) for d in shape)
    return TensorType(Kind("real"), tuple(dims))


def bound(kind: str, name: str, *positional: Any, **keywords: Any) -> Bound:
    result = find(kind, name).bind(positional, keywords)
    assert isinstance(result, Bound), result
    return result


def refused(kind: str, name: str, *positional: Any, **keywords: Any) -> Refusal:
    result = find(kind, name).bind(positional, keywords)
    assert isinstance(result, Refusal), result
    return result


def test_defaults_are_filled_in_and_the_given_remembered() -> None:
    result = bound("layer", "Linear", 20)
    assert dict(result.values) == {"out_features": 20, "bias": True}
    assert result.given == {"out_features"}


def test_an_inferred_argument_is_there_when_it_was_given() -> None:
    assert bound("layer", "Linear", 20, in_features=5).values["in_features"] == 5


def test_values_are_in_the_declared_order() -> None:
    result = bound("layer", "Conv2d", kernel_size=3, out_channels=8, padding="same")
    assert list(result.values)[:4] == ["out_channels", "kernel_size", "stride", "padding"]


def test_a_size_known_by_now_is_its_number() -> None:
    assert bound("layer", "Linear", Dim.of(8)).values["out_features"] == 8


@pytest.mark.parametrize(
    ("name", "positional", "keywords", "reason", "argument"),
    [
        ("Linear", (), {}, "missing-argument", "out_features"),
        ("Linear", (2.5,), {}, "type", 0),
        ("Linear", (True,), {}, "type", 0),
        ("Linear", ("20",), {}, "type", 0),
        ("Linear", (0,), {}, "value", 0),
        ("Linear", (2, True, 3), {}, "too-many", 2),
        ("Linear", (2,), {"unit": 3}, "unknown-argument", "unit"),
        ("Dropout", (0.5,), {"p": 0.3}, "twice", "p"),
        ("Linear", (Dim.symbol("T"),), {}, "unknown-size", 0),
        ("ReLU", (), {"inplace": True}, "unknown-argument", "inplace"),
        ("Conv2d", (8, (3, 3, 3)), {}, "type", 1),
        ("Conv2d", (8, 3), {"padding": "some"}, "value", "padding"),
        ("Conv2d", (8, 3), {"stride": 0}, "value", "stride"),
        ("Conv2d", (8, 3), {"stride": (1, 0)}, "value", "stride"),
        ("ConvTranspose2d", (8, 3), {"padding_mode": "reflect"}, "value", "padding_mode"),
        ("Dropout", (), {"p": 1.1}, "value", "p"),
    ],
)
def test_what_layers_refuse(
    name: str, positional: tuple[Any, ...], keywords: dict[str, Any], reason: str, argument: Any
) -> None:
    result = find("layer", name).bind(positional, keywords)
    assert isinstance(result, Refusal)
    assert (result.reason, result.argument) == (reason, argument)


def test_a_near_miss_is_named() -> None:
    assert refused("layer", "Linear", 2, bais=False).help == "did you mean `bias`?"
    near = refused("layer", "Conv2d", 2, 3, padding_mode="zero").help
    assert near == "did you mean `zeros`?"


def test_what_is_left_out_says_why() -> None:
    assert any("never safe" in note for note in refused("layer", "ReLU", inplace=True).notes)


TORCH_FORMS: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("Linear", (784, 256), {}, "Linear(256)"),
    ("Linear", (784, 256, False), {}, "Linear(256, false)"),
    ("Linear", (784, 256), {"bias": False}, "Linear(256, bias=false)"),
    ("BatchNorm2d", (64,), {}, "BatchNorm2d"),
    ("LayerNorm", (512,), {}, "LayerNorm"),
    ("GroupNorm", (32, 256), {}, "GroupNorm(32)"),
    ("Embedding", (1000, 64), {}, "Embedding(64)"),
    ("LSTM", (10, 20), {}, "LSTM(20)"),
    ("LSTM", (10, 20, 2), {}, "LSTM(20, num_layers=2)"),
    ("MultiheadAttention", (512, 8), {}, "MultiheadAttention(8)"),
    ("TransformerEncoderLayer", (512, 8), {}, "TransformerEncoderLayer(8)"),
    ("Bilinear", (20, 30, 40), {}, "Bilinear(40)"),
    ("Bilinear", (20, 30, 40, False), {}, "Bilinear(40, false)"),
    ("LSTMCell", (10, 20), {}, "LSTMCell(20)"),
    ("InstanceNorm2d", (64,), {"affine": True}, "InstanceNorm2d(affine=true)"),
    ("RMSNorm", (512,), {}, "RMSNorm"),
    ("EmbeddingBag", (1000, 64), {}, "EmbeddingBag(64)"),
]


@pytest.mark.parametrize(("name", "positional", "keywords", "wanted"), TORCH_FORMS)
def test_torch_form_is_recognised(
    name: str, positional: tuple[Any, ...], keywords: dict[str, Any], wanted: str
) -> None:
    refusal = refused("layer", name, *positional, **keywords)
    assert refusal.replacement == wanted
    assert refusal.message.startswith("the input size is inferred")


def test_torch_form_of_a_schedule() -> None:
    refusal = refused("schedule", "CosineAnnealingLR", 100)
    assert refusal.replacement == "CosineAnnealingLR"
    assert refusal.message.startswith("the length of the run is inferred")


def test_layers_are_not_taken_for_features() -> None:
    refusal = find("layer", "LSTM").bind((128, 2), {}, (real("B", "T", 10),))
    assert isinstance(refusal, Refusal)
    assert refusal.replacement is None
    assert refusal.help == "name the others, as in `num_layers=...`"


def test_torch_form_of_a_convolution_shows_when_applied() -> None:
    conv = find("layer", "Conv2d")
    refusal = conv.apply(bound("layer", "Conv2d", 3, 64, 3), (real("B", 3, 32, 32),))
    assert isinstance(refusal, Refusal)
    assert refusal.replacement == "Conv2d(64, 3)"
    refusal = refused("layer", "Conv2d", 1, 32, 5, 1, padding=2)
    assert refusal.replacement == "Conv2d(32, 5, 1, padding=2)"


def test_three_numbers_that_fit_are_no_torch_form() -> None:
    conv = find("layer", "Conv2d")
    applied = conv.apply(bound("layer", "Conv2d", 64, 3, 2), (real("B", 3, 32, 32),))
    assert isinstance(applied, Application)
    wide = conv.apply(bound("layer", "Conv2d", 64, 33, 2), (real("B", 3, 32, 32),))
    assert isinstance(wide, Refusal)
    assert wide.replacement is None


def test_a_told_size_is_checked() -> None:
    refusal = find("layer", "Linear").apply(
        bound("layer", "Linear", 2, in_features=784), (real("B", 256),)
    )
    assert isinstance(refusal, Refusal)
    assert (refusal.reason, refusal.argument) == ("size", "in_features")


def test_an_unknown_size_cannot_make_weights() -> None:
    refusal = find("layer", "Linear").apply(bound("layer", "Linear", 2), (real("B", "T"),))
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "unknown-size"


@pytest.mark.parametrize(
    ("kind", "name", "positional", "keywords"),
    [
        ("optimizer", "SGD", (), {"lr": -1}),
        ("optimizer", "AdamW", (), {"betas": (0.9, 1.0)}),
        ("optimizer", "AdamW", (), {"betas": 0.9}),
        ("optimizer", "AdamW", (), {"fused": True}),
        ("schedule", "StepLR", (), {}),
        ("schedule", "ReduceLROnPlateau", ("minimum",), {}),
        ("metric", "top_k", (0,), {}),
        ("estimator", "Ridge", (), {"alfa": 1}),
    ],
)
def test_what_others_refuse(
    kind: str, name: str, positional: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    refused(kind, name, *positional, **keywords)


def test_lists_and_integers_where_numbers_are_wanted() -> None:
    values = bound("optimizer", "AdamW", 1, betas=(0.9, 0.95), weight_decay=0).values
    assert values["lr"] == 1
    assert values["betas"] == (0.9, 0.95)
