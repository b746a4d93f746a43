from __future__ import annotations

import ast

import pytest

from netspec.codegen.arguments import (
    MISSING,
    Fixed,
    Listed,
    Named,
    Naming,
    Place,
    annotation,
)
from netspec.codegen.layout import Expr, binary, bounds, call, lines, literal, negative, subscript
from netspec.program.graph import Literal

X, Y = Expr("x"), Expr("y")


@pytest.mark.parametrize(
    "value",
    [
        0,
        -3,
        1.5,
        -2e-9,
        1e30,
        True,
        None,
        "it's",
        'say "so"',
        "'\"",
        "\n\\",
        (),
        (1,),
        (1, (2, "x")),
    ],
)
def test_a_literal_reads_back(value: Literal) -> None:
    assert ast.literal_eval(literal(value).text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-1e9, "-1e9"),
        (1e30, "1e30"),
        (1e-5, "1e-5"),
        (2.5e-12, "2.5e-12"),
        (0.001, "0.001"),
        (100.0, "100.0"),
        (1_500_000.0, "1500000.0"),
        (123_456_789.0, "123456789.0"),
    ],
)
def test_a_number_is_written_as_people_do(value: float, text: str) -> None:
    assert literal(value).text == text
    assert float(text) == value


def test_infinities_are_written() -> None:
    assert literal(float("inf")).text == 'float("inf")'
    assert literal((float("-inf"), 1)).text == '(float("-inf"), 1)'


def test_powers_stand_close_when_both_sides_are_plain() -> None:
    assert binary("**", X, literal(2)).text == "x**2"
    assert binary("**", X, literal(-1)).text == "x**-1"
    assert binary("**", literal(-0.5), X).text == "(-0.5) ** x"
    assert binary("**", subscript(X, [Y]), literal(2)).text == "x[y] ** 2"
    assert binary("**", binary("**", X, Y), literal(2)).text == "(x**y) ** 2"
    assert negative(binary("**", X, Y)).text == "-(x**y)"
    assert negative(negative(X)).text == "(-x).neg()"


def test_comparisons_do_not_chain() -> None:
    assert binary("<", binary("<", X, Y), X).text == "(x < y) < x"


def test_bounds_of_slices() -> None:
    two, sum_ = literal(2), binary("+", X, Y)
    assert bounds(None, None, None).text == ":"
    assert bounds(X, None, two).text == "x::2"
    assert bounds(sum_, None, None).text == "x + y :"
    assert bounds(None, sum_, two).text == ": x + y : 2"
    assert bounds(sum_, None, two).text == "x + y :: 2"


def test_a_call_is_broken_only_where_it_is_too_long() -> None:
    short = call("f", [X], [("name", Y)])
    assert list(lines("z = ", short, 4)) == ["    z = f(x, name=y)"]
    long = call("f", [call("g", [Expr("a" * 60), Expr("b" * 40)]), X])
    assert list(lines("", long, 0)) == [
        "f(",
        "    g(",
        "        " + "a" * 60 + ",",
        "        " + "b" * 40 + ",",
        "    ),",
        "    x,",
        ")",
    ]


def naming(**own: tuple[Literal, ...]) -> Naming:
    return Naming(uses=3, own=own, inputs=frozenset())


def test_equal_vectors_share_the_argument_of_the_block() -> None:
    values = naming(width=(4, 8, 16))
    assert values.given(Place("out_features", "a"), (4, 8, 16)) == Named("width")
    assert values.given(Place("in_features", "b"), (4, 8, 16)) == Named("width")
    assert [argument.name for argument in values.finished()] == ["width"]


def test_what_is_the_same_everywhere_is_no_argument() -> None:
    values = naming(width=(4, 4, 4))
    assert values.given(Place("out_features", "a"), (4, 4, 4)) == Fixed(4)
    assert values.finished() == ()


def test_multiples_are_written_by_the_smallest_ratio() -> None:
    values = naming(heads=(1, 2, 4), width=(16, 32, 64))
    assert values.given(Place("out_features", "a"), (48, 96, 192)) == Named("width", 3, 1)
    assert values.given(Place("out_features", "a"), (8, 16, 32)) == Named("width", 1, 2)


def test_a_size_that_flows_in_is_an_argument_of_its_own() -> None:
    vector = (8, 16, 32)
    values = Naming(uses=3, own={"width": (4, 8, 16)}, inputs=frozenset({vector}))
    assert values.given(Place("in_features", "a"), vector) == Named("in_features")


def test_one_and_true_are_not_the_same() -> None:
    values = naming(bias=(True, False, True))
    assert values.given(Place("groups", "a"), (1, 0, 1)) == Named("groups")


def test_items_of_tuples_differ_one_by_one() -> None:
    values = naming(size=(3, 5, 7))
    vector = ((3, 1), (5, 1), (7, 1))
    assert values.given(Place("kernel_size", "a"), vector) == Listed((Named("size"), Fixed(1)))


def test_two_arguments_of_one_name_are_told_apart() -> None:
    values = naming()
    assert values.given(Place("kernel_size", "a"), (1, 2, 3)) == Named("kernel_size")
    assert values.given(Place("kernel_size", "b"), (3, 1, 4)) == Named("b_kernel_size")


def test_what_most_uses_have_is_the_default_where_torch_has_it_too() -> None:
    values = naming(stride=(1, 1, 2), width=(8, 8, 4))
    values.given(Place("stride", "a", default=1), (1, 1, 2))
    values.given(Place("out_features", "a"), (8, 8, 4))
    width, stride = values.finished()
    assert (width.name, width.has_default) == ("width", False)
    assert (stride.name, stride.has_default, stride.default) == ("stride", True, 1)


def test_a_size_of_an_optional_part_is_the_argument_it_is_an_instance_of() -> None:
    vector = (8, 16, 16)
    values = Naming(uses=3, own={"width": vector}, outputs=frozenset({vector}))
    values.given(Place("out_features", "a"), vector)
    assert values.given(Place("out_features", "b"), (MISSING, 16, MISSING)) == Named("width")
    assert values.given(Place("out_features", "b"), (MISSING, 32, MISSING)) == Fixed(32)


def test_a_part_left_out_agrees_with_anything() -> None:
    values = naming(stride=(1, 2, 2))
    values.given(Place("stride", "a"), (1, 2, 2))
    assert values.given(Place("stride", "b"), (MISSING, 2, 2)) == Named("stride")
    assert values.given(Place("kernel_size", "b"), (MISSING, 1, 1)) == Fixed(1)
    assert values.given(Place("padding", "b"), (MISSING, 1, 3)) == Named("padding")
    assert values.finished()[-1].default in {1, 3}


def test_annotations() -> None:
    assert annotation([1, 2]) == "int"
    assert annotation([1, 2.5]) == "float"
    assert annotation(["same", 1, None]) == "int | str | None"
    assert annotation([(1, 2), (3, 4)]) == "tuple[int, ...]"
