from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import holds, tensor, typed
from torch import Tensor

from netspec.catalog import Operation, Refusal, operators
from netspec.types import Dim, TensorType

PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
KINDS = ("real", "unit", "prob", "logprob", "int", "index", "bool")
NUMBERS: list[int | float] = [2, -1, 0.5]


def compare(ours: Operation | Refusal, run: Callable[[], Any]) -> None:
    try:
        theirs: Tensor | str = run()
    except (RuntimeError, TypeError, IndexError, ValueError) as error:
        theirs = str(error)
    if isinstance(ours, Refusal):
        is_empty = isinstance(theirs, Tensor) and not theirs.numel()
        assert isinstance(theirs, str) or is_empty, f"torch accepts: {ours.message}"
        return
    assert isinstance(theirs, Tensor), f"torch refuses: {theirs}"
    assert holds(ours.type, theirs), f"{ours.type} against {theirs.shape} {theirs.dtype}"


def positive(given_type: TensorType) -> Tensor:
    """No zeros, by which integers cannot be divided."""
    made = tensor(given_type)
    return made + 1 if given_type.kind.is_integer else made


@pytest.mark.parametrize("op", [op for op in PYTHON if op != "@"])
@pytest.mark.parametrize("left", KINDS)
@pytest.mark.parametrize("right", KINDS)
def test_kinds_of_two_tensors(op: str, left: str, right: str) -> None:
    a, b = typed(left, 3, 4), typed(right, 3, 4)
    compare(operators.apply(op, a, b), lambda: PYTHON[op](positive(a), positive(b)))


@pytest.mark.parametrize("op", [op for op in PYTHON if op != "@"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_kinds_of_a_tensor_and_a_number(op: str, kind: str, number: float) -> None:
    given_type = typed(kind, 3, 4)
    compare(
        operators.apply(op, given_type, number), lambda: PYTHON[op](positive(given_type), number)
    )
    compare(
        operators.apply(op, number, given_type), lambda: PYTHON[op](number, positive(given_type))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_a_turned_sign(kind: str) -> None:
    given_type = typed(kind, 3, 4)
    compare(operators.negate(given_type), lambda: -tensor(given_type))


shapes = st.lists(st.sampled_from([1, 2, 3]), max_size=4)


@settings(max_examples=150)
@given(st.sampled_from(["+", "<", "@"]), shapes, shapes)
def test_shapes_broadcast_as_torch_does(op: str, left: list[int], right: list[int]) -> None:
    a, b = typed("real", *left), typed("real", *right)
    compare(operators.apply(op, a, b), lambda: PYTHON[op](tensor(a), tensor(b)))


@pytest.mark.parametrize(
    ("op", "right"), [("+", 3), ("*", 3), ("*", 0), ("//", 2), ("%", 3), ("%", 9), ("+", 0)]
)
def test_an_index_stays_one_as_far_as_arithmetic_tells(op: str, right: int) -> None:
    ours = operators.apply(op, typed("index", 5, size=5), right)
    assert isinstance(ours, Operation)
    assert ours.type.kind.size is not None
    size = ours.type.kind.size.value
    assert size is not None
    theirs = PYTHON[op](torch.arange(5), right)
    assert theirs.min() >= 0
    assert theirs.max() < size
    # No larger than it has to be, but for what is left of a division.
    assert op == "%" or theirs.max() + 1 == size


@pytest.mark.parametrize("op", ["+", "*"])
def test_two_indices(op: str) -> None:
    one, other = typed("index", 5, 1, size=5), typed("index", 1, 7, size=7)
    ours = operators.apply(op, one, other)
    assert isinstance(ours, Operation)
    most = PYTHON[op](torch.arange(5)[:, None], torch.arange(7)).max()
    assert str(ours.type) == f"index({most + 1})[5, 7]"


@pytest.mark.parametrize(("op", "right"), [("-", 1), ("+", -1), ("*", -1), ("//", -2), ("%", -3)])
def test_an_index_that_may_fall_below_zero_is_an_integer(op: str, right: int) -> None:
    ours = operators.apply(op, typed("index", 5, size=5), right)
    assert isinstance(ours, Operation)
    assert ours.type.kind.name == "int"
    assert PYTHON[op](torch.arange(5), right).min() < 0


@pytest.mark.parametrize(
    ("op", "right", "wanted"),
    [("+", Dim.symbol("B"), "index(B + T)"), ("*", 2, "index(2*T - 1)"), ("%", 4, "index(4)")],
)
def test_an_index_below_a_size_not_yet_known(op: str, right: Dim | int, wanted: str) -> None:
    ours = operators.apply(op, typed("index", "T", size=Dim.symbol("T")), right)
    assert isinstance(ours, Operation)
    assert str(ours.type.kind) == wanted


def test_what_is_left_of_a_division_is_an_index() -> None:
    ours = operators.apply("%", typed("int", 3), 4)
    assert isinstance(ours, Operation)
    assert str(ours.type) == "index(4)[3]"
    assert (torch.tensor([-5, -1, 7]) % 4).min() >= 0


def test_an_unknown_size_must_equal_its_partner() -> None:
    made = operators.apply("+", typed("real", "B", 3), typed("real", "T", 3))
    assert isinstance(made, Operation)
    (need,) = made.requirements
    assert {str(need.left), str(need.right)} == {"B", "T"}


def test_an_unknown_size_goes_with_one() -> None:
    made = operators.apply("+", typed("real", "B", 1), typed("real", "B", "T"))
    assert made == Operation(type=typed("real", "B", "T"))


edges = st.none() | st.integers(-6, 6)
parts = st.builds(slice, edges, edges, st.none() | st.integers(-1, 3))
items = st.lists(parts | st.integers(-6, 6) | st.just(...) | st.none(), max_size=4)


@settings(max_examples=300)
@given(items, st.lists(st.integers(1, 5), max_size=3))
def test_subscripts(drawn: list[Any], shape: list[int]) -> None:
    given_type = typed("real", *shape)
    if drawn.count(...) > 1:  # torch takes the first; NumPy and Python's readers would not
        assert isinstance(operators.subscript(given_type, drawn), Refusal)
        return
    compare(operators.subscript(given_type, drawn), lambda: tensor(given_type)[tuple(drawn)])


indices = st.sampled_from([typed("index", 3, size=2), typed("index", 2, 1, size=2), slice(None)])


@settings(max_examples=60)
@given(st.lists(indices, min_size=1, max_size=3))
def test_subscripts_by_tensors(drawn: list[Any]) -> None:
    given_type = typed("real", 2, 3, 4)
    places = [at for at, item in enumerate(drawn) if isinstance(item, TensorType)]
    if places and places != list(range(places[0], places[-1] + 1)):
        assert isinstance(operators.subscript(given_type, drawn), Refusal)
        return
    given_items = tuple(tensor(i) if isinstance(i, TensorType) else i for i in drawn)
    compare(operators.subscript(given_type, drawn), lambda: tensor(given_type)[given_items])


def test_a_mask_is_refused() -> None:
    refusal = operators.subscript(typed("real", 4), [typed("bool", 4)])
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "kind"


@settings(max_examples=200)
@given(st.lists(st.builds(slice, edges, edges, st.none() | st.integers(1, 3)), max_size=2))
def test_slices_of_sizes_not_yet_known(drawn: list[slice]) -> None:
    made = operators.subscript(typed("real", "H", "W"), drawn)
    if isinstance(made, Refusal):
        return  # surely empty or out of range, whatever the size
    for height in range(1, 8):
        values = {"H": height, "W": 5}
        holding = all(
            need.left.evaluate(values) >= need.right.evaluate(values) for need in made.requirements
        )
        if holding:
            theirs = torch.zeros(height, 5)[tuple(drawn)]
            ours = tuple(dim.evaluate(values) for dim in made.type.shape)
            assert ours == tuple(theirs.shape)


def test_a_place_counted_from_the_end() -> None:
    made = operators.subscript(typed("real", "B", "T", 3), [slice(None), -1])
    assert made == Operation(type=typed("real", "B", 3))


def test_a_size_as_a_place() -> None:
    last = Dim.symbol("T") - 1
    made = operators.subscript(typed("real", "B", "T", 3), [slice(None), last])
    assert made == Operation(type=typed("real", "B", 3))
