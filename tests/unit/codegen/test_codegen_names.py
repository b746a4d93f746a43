from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from drawing import Drawing, chain, dim, layer, linear, model

from netspec import catalog, codegen
from netspec.codegen.constructors import RESULTS
from netspec.codegen.functions import FORMS
from netspec.codegen.losses import FUNCTIONS
from netspec.codegen.names import LOCAL, TAKEN_BY_MODULE, class_name, local
from netspec.program.graph import Compute, Model
from netspec.program.reserved import is_reserved
from netspec.source import Source
from netspec.types import Dim

HOSTILE = [
    "x; import os",
    'x"""\nimport os\n"""',
    "x\nimport os",
    "__import__('os').system('true')",
    "x.y",
    "x, *y",
    "",
    "1x",
    "\N{BLACK-LETTER CAPITAL H}",
]


def hostile_layer(text: str) -> Model:
    return model(chain((layer(text), "B 2"), given="B 2"))


def hostile_argument(text: str) -> Model:
    return model(chain((layer("Linear", {text: 1}), "B 2"), given="B 2"))


def hostile_key(text: str) -> Model:
    drawing = Drawing()
    return model(drawing.done(drawing.stage(text, linear(2, 2), drawing.input("B 2"), "B 2")))


def hostile_input(text: str) -> Model:
    drawing = Drawing()
    x = drawing.input("B 2", text or "a b")
    return model(drawing.done(drawing.compute("exp", x, shape="B 2")))


def hostile_value(text: str) -> Model:
    drawing = Drawing()
    x = drawing.input("B 2")
    y = drawing.compute("exp", x, shape="B 2", name=text or "a b")
    return model(drawing.done(drawing.compute("+", y, y, shape="B 2")))


def hostile_function(text: str) -> Model:
    drawing = Drawing()
    return model(drawing.done(drawing.compute(text, drawing.input("B 2"), shape="B 2")))


def hostile_keyword(text: str) -> Model:
    drawing = Drawing()
    x = drawing.input("B 2")
    y = drawing.compute("mean", x, shape="B", dim=1)
    step = drawing.steps[0]
    assert isinstance(step, Compute)
    drawing.steps[0] = replace(step, keywords=((text, 1),))
    return model(drawing.done(y))


def hostile_model(text: str) -> Model:
    return model(chain((linear(2, 2), "B 2"), given="B 2"), name=text or "a b")


def hostile_block(text: str) -> Model:
    return model(
        chain((chain((linear(2, 2), "B 2"), given="B 2", name=text or "a b"), "B 2"), given="B 2")
    )


def hostile_block_argument(text: str) -> Model:
    def block(width: int) -> tuple[object, str]:
        graph = chain((linear(2, width), f"B {width}"), (linear(width, 2), "B 2"), given="B 2")
        return replace(graph, name="Block", arguments=((text, width),)), "B 2"

    return model(chain(block(3), block(4), given="B 2"))  # type: ignore[arg-type]  # graphs


def hostile_size(text: str) -> Model:
    drawing = Drawing()
    x = drawing.input("B 2")
    slot = drawing.inputs[0]
    odd = replace(slot.type, shape=(Dim.symbol(text or "a;b"), dim("2")))
    drawing.inputs[0] = replace(slot, type=odd)
    return model(drawing.done(drawing.compute("exp", x, shape="B 2")))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "draw",
    [
        hostile_layer,
        hostile_argument,
        hostile_key,
        hostile_input,
        hostile_value,
        hostile_function,
        hostile_keyword,
        hostile_model,
        hostile_block,
        hostile_block_argument,
    ],
)
def test_a_hostile_name_cannot_get_through(draw: Callable[[str], Model], text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        codegen.emit_model(draw(text))


@pytest.mark.parametrize(
    "text", ['x"""\nimport os\n"""', "x\nimport os", "x; import os", "x#", "\\"]
)
def test_a_hostile_size_cannot_get_through(text: str) -> None:
    with pytest.raises(ValueError, match="shape"):
        codegen.emit_model(hostile_size(text))


@pytest.mark.parametrize("text", [*HOSTILE, "{x}", "\\", "'\"", "{", "\0"])
def test_a_text_is_a_literal_whatever_it_says(text: str) -> None:
    drawn = model(chain((layer("Softmax", {"dim": text}), "B H"), given="B H"))
    built = codegen.build_model(drawn, "texts.net")
    assert vars(built.get_submodule("0"))["dim"] == text
    assert "\0" not in codegen.emit_model(drawn)


def test_a_file_name_is_told_only_when_it_is_plain() -> None:
    hostile = Source('"""\nimport os\n""".net', "text")
    drawn = hostile_model("M")
    text = codegen.emit_model(replace(drawn, span=hostile.span(0, 1)))
    assert text.startswith('"""M, compiled by netspec."""')


@pytest.mark.parametrize(
    "key",
    [
        "forward",
        "train",
        "training",
        "__class__",
        "__private",
        "01",
        "\N{ARABIC-INDIC DIGIT THREE}",
    ],
)
def test_a_key_that_modules_use_themselves_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"attribute|key"):
        codegen.emit_model(hostile_key(key))


def test_the_list_of_reserved_labels_is_that_of_the_installed_torch() -> None:
    assert {name for name in TAKEN_BY_MODULE if not is_reserved(name)} == set()
    assert not is_reserved("conv1")


def test_a_reserved_name_is_given_to_no_class() -> None:
    fragment = codegen.model_fragment(hostile_model("Rows"), reserved=["Rows"])
    assert fragment.name == "Rows2"
    assert "class Rows2(" in fragment.text


def test_names_hide_nothing() -> None:
    assert local("lambda") == "lambda_"
    assert local("torch") == "torch_"
    assert local("skip[0]") == "skip_0"
    assert local("skip[1][2]") == "skip_1_2"
    assert local("x", {"x"}) == "x_2"
    assert class_name("double", (), "Block") == "Double"
    assert class_name("Tensor", (), "Block") == "TensorBlock"
    assert class_name("ValueError", (), "Block") == "ValueErrorBlock"
    assert class_name("Down", {"Down"}, "Block") == "Down2"
    assert {"nn", "F", "torch", "self", "super", "ValueError"} <= LOCAL


def test_every_function_of_the_catalogue_can_be_written() -> None:
    assert set(catalog.load().names("function")) <= FORMS.keys()


def test_every_loss_of_the_catalogue_can_be_written() -> None:
    known = catalog.load()
    targets = {entry.target for name in known.names("loss") if (entry := known.find("loss", name))}
    assert targets <= FUNCTIONS.keys()


def test_every_layer_with_several_results_has_its_groups() -> None:
    assert set(RESULTS) == {
        f"torch.nn.{name}" for name in ("RNN", "GRU", "LSTM", "LSTMCell", "MultiheadAttention")
    }
