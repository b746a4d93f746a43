"""What the compiler evaluates: params, overrides, arguments, loops, choices."""

from __future__ import annotations

import pytest
from spec_pieces import checked, codes, layers, model_of, output

# --- params and overrides ------------------------------------------------------------------------

WIDTH = """
param width = 20 in 4..256
model {
  input x: real[B, 4]
  Linear(width)
}
"""


def width(text: str, **overrides: str) -> str:
    return output(checked(text, overrides).models[0])


def test_a_param_has_its_default() -> None:
    assert width(WIDTH) == "real[B, 20]"


def test_an_override_wins() -> None:
    assert width(WIDTH, width="64") == "real[B, 64]"
    assert width(WIDTH, width="1_0") == "real[B, 10]"


LISTS = """
param widths = [8, 16]
param cfg    = [4, "M", [true, 0.5]]
model {
  input x: real[B, 4]
  for width in widths { Linear(width) -> ReLU }
  Linear(len(cfg))
}
"""


def test_a_list_is_overridden_by_a_list_of_the_same_kinds() -> None:
    assert width(LISTS, widths="[3, 5,]") == "real[B, 3]"
    found = dict(checked(LISTS, {"widths": "[1_0]", "cfg": "['N', [[2, 1e-1], false], M]"}).params)
    assert found == {"widths": (10,), "cfg": ("N", ((2, 0.1), False), "M")}
    assert dict(checked(LISTS, {"widths": "[ ]"}).params)["widths"] == ()


@pytest.mark.parametrize(
    "value", ["8", "[8", "[8]]", "[1.5]", "[M]", "[8,,9]", "[true]", "[" * 30 + "]" * 30]
)
def test_what_is_no_such_list_is_no_override(value: str) -> None:
    assert codes(LISTS, {"widths": value}) == ["NS3011"]


@pytest.mark.parametrize("value", ["4", "256"])
def test_both_ends_belong_to_a_domain(value: str) -> None:
    assert width(WIDTH, width=value) == f"real[B, {value}]"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("3", "NS3010"),
        ("257", "NS3010"),
        ("-20", "NS3010"),
        ("8.0", "NS3011"),
        ("8.5", "NS3011"),
        ("wide", "NS3011"),
        ("", "NS3011"),
        ("true", "NS3011"),
        ("none", "NS3011"),
        ("1" * 19, "NS3011"),
        ("8 + 8", "NS3011"),
        ("__import__('os')", "NS3011"),
    ],
)
def test_an_override_is_checked(value: str, code: str) -> None:
    assert codes(WIDTH, {"width": value}) == [code]


def test_an_override_that_names_nothing() -> None:
    assert codes(WIDTH, {"widht": "8"}) == ["NS2016"]


def test_a_number_may_be_whole_or_a_share() -> None:
    text = "param p = 0.5 in 0..1\nmodel {\n input x: real[B, 4]\n Dropout(p) -> Linear(2)\n}"
    for given, wanted in (("25%", 0.25), ("1", 1.0), ("2e-1", 0.2)):
        (_, dropout) = next(iter(checked(text, {"p": given}).models[0].graph.layers()))
        assert dict(dropout.arguments)["p"] == wanted


def test_params_may_use_params_above() -> None:
    text = "param a = 4\nparam b = a * 2\nmodel {\n input x: real[B, 4]\n Linear(b)\n}"
    assert width(text) == "real[B, 8]"
    assert width(text, a="5") == "real[B, 10]"
    assert width(text, b="3") == "real[B, 3]"


def test_a_program_keeps_its_params() -> None:
    assert checked(WIDTH, {"width": "32"}).params == (("width", 32),)


def test_choices_hold_their_type() -> None:
    text = "param n = 2 in [1, 2, 4]\nmodel {\n input x: real[B, 4]\n Linear(n)\n}"
    assert width(text, n="4") == "real[B, 4]"
    assert codes(text, {"n": "3"}) == ["NS3010"]
    assert codes(text, {"n": "2.0"}) == ["NS3011"]


# --- arithmetic ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "size"),
    [
        ("2 + 3 * 4", 14),
        ("2 ** 3 ** 2", 512),
        ("-3 + 10", 7),
        ("-2 ** 2 + 10", 6),
        ("17 // 5 + 17 % 5", 5),
        ("-7 // 2 + 10", 6),
        ("3 if 2 > 1 else 4", 3),
        ("3 if not true or false else 4", 4),
        ("[8, 16, 32][-1]", 32),
        ("D * 2", 8),
        ("D // 2 + D % 3", 3),
        ("1_000", 1000),
    ],
)
def test_arithmetic_is_pythons(expression: str, size: int) -> None:
    assert output(model_of(f"Linear({expression})", "real[B, D]", DATA)) == f"real[B, {size}]"


DATA = "data { load_iris() }"


def test_or_and_and_stop_early() -> None:
    assert output(model_of("if true or 1 / 0 > 1 { Linear(3) }")) == "real[B, 3]"
    assert output(model_of("if false and 1 / 0 > 1 { Linear(3) }")) == "real[B, 4]"


# --- loops and choices ---------------------------------------------------------------------------


def test_for_excludes_its_end() -> None:
    assert len(layers(model_of("for i in 1..4 { Linear(i) }"))) == 3


def test_for_walks_lists_and_backwards_is_empty() -> None:
    assert output(model_of("for w in [8, 6, 5] { Linear(w) }")) == "real[B, 5]"
    assert layers(model_of("for i in 4..1 { Linear(i) }\nReLU")) == ["0"]


def test_repeat_zero_leaves_nothing() -> None:
    assert layers(model_of("repeat 0 { Linear(9) }\nReLU")) == ["0"]


def test_if_takes_one_branch() -> None:
    text = 'if kind == "deep" { Linear(8) -> ReLU } else if kind == "wide" { Linear(99) }'
    text += " else { Linear(1) }"
    for kind, shape in (("deep", 8), ("wide", 99), ("none", 1)):
        found = model_of(text, before=f'param kind = "{kind}"')
        assert output(found) == f"real[B, {shape}]"


def test_if_sees_sizes_of_what_flows_in() -> None:
    block = """
    block Project(width) {
      input x: real[B, D]
      if D != width { x = x -> Linear(width) }
      x
    }
    """
    assert layers(model_of("Project(4) -> Project(8) -> Project(8)", before=block)) == [
        "1.linear_0"
    ]


def test_a_branch_not_taken_is_not_checked() -> None:
    assert output(model_of("if false { Linear(-3) }\nLinear(2)")) == "real[B, 2]"


# --- layers as arguments -------------------------------------------------------------------------

NORMED = """
block Normed(width, norm=BatchNorm1d, act=ReLU) {
  Linear(width) -> norm -> act
}
"""


def names(body: str, before: str = NORMED, shape: str = "real[B, 4]") -> list[str]:
    return [layer.name for _, layer in model_of(body, shape, before).graph.layers()]


def test_a_layer_by_default() -> None:
    assert names("Normed(8)") == ["Linear", "BatchNorm1d", "ReLU"]


def test_a_layer_given() -> None:
    assert names("Normed(8, norm=LayerNorm, act=GELU)") == ["Linear", "LayerNorm", "GELU"]


def test_a_layer_with_arguments() -> None:
    model = model_of("Normed(8, act=LeakyReLU(0.2))", before=NORMED)
    (_, act) = list(model.graph.layers())[-1]
    assert dict(act.arguments)["negative_slope"] == 0.2


def test_a_chain_given() -> None:
    found = names("Normed(8, act=(Linear(6) -> ReLU))")
    assert found == ["Linear", "BatchNorm1d", "Linear", "ReLU"]


def test_a_block_given() -> None:
    before = NORMED + "block Twice { ReLU -> Dropout(0.1) }\n"
    assert names("Normed(8, act=Twice)", before) == ["Linear", "BatchNorm1d", "ReLU", "Dropout"]


def test_a_layer_applied_with_arguments() -> None:
    before = "block Wide(kind=Linear) { kind(12) -> ReLU }"
    assert output(model_of("Wide", before=before)) == "real[B, 12]"


def test_each_application_is_a_fresh_instance() -> None:
    before = "block Two(layer=Linear(4)) { layer -> ReLU -> layer }"
    model = model_of("Two", before=before)
    assert layers(model) == ["0.0", "0.1", "0.2"]


def test_a_layer_chosen() -> None:
    before = "param smooth = true\n"
    assert names("(GELU if smooth else ReLU) -> Linear(2)", before) == ["GELU", "Linear"]


def test_a_passed_layer_sees_its_own_scope() -> None:
    before = """
    param width = 7
    block Inner(layer, width=3) { layer -> Linear(width) }
    """
    model = model_of("Inner(Linear(width))", before=before)
    assert [weight.shape for _, layer in model.graph.layers() for weight in layer.weights][::2] == [
        (7, 4),
        (3, 7),
    ]


def test_layers_travel_through_blocks() -> None:
    before = """
    block Inner(act) { Linear(4) -> act }
    block Outer(act=ReLU) { Inner(act) -> Inner(act) }
    """
    assert names("Outer(act=GELU)", before) == ["Linear", "GELU"] * 2


def test_norm_of_the_right_rank_is_the_writers_choice() -> None:
    block = "block Conv(c, norm=BatchNorm2d) { Conv2d(c, 3, padding=1) -> norm -> ReLU }"
    found = names("Conv(8) -> Conv(8, norm=GroupNorm(4))", block, "real[B, 3, 8, 8]")
    assert found[1::3] == ["BatchNorm2d", "GroupNorm"]
