from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netspec.types import Dim, compare, divide, lowest, product

SYMBOLS = ("B", "H", "W")
numbers = st.integers(-6, 12)
leaves = numbers.map(Dim.of) | st.sampled_from([Dim.symbol(name) for name in SYMBOLS])


def grown(inner: st.SearchStrategy[Dim]) -> st.SearchStrategy[Dim]:
    pairs = st.tuples(inner, inner)
    return (
        pairs.map(lambda pair: pair[0] + pair[1])
        | pairs.map(lambda pair: pair[0] - pair[1])
        | pairs.map(lambda pair: pair[0] * pair[1])
        | st.tuples(inner, st.integers(1, 6)).map(lambda pair: pair[0] // pair[1])
    )


def polynomials_of(inner: st.SearchStrategy[Dim]) -> st.SearchStrategy[Dim]:
    pairs = st.tuples(inner, inner)
    return pairs.map(lambda pair: pair[0] + pair[1]) | pairs.map(lambda pair: pair[0] * pair[1])


dims = st.recursive(leaves, grown, max_leaves=6)
polynomials = st.recursive(leaves, polynomials_of, max_leaves=6)
values = st.fixed_dictionaries({name: st.integers(1, 9) for name in SYMBOLS})


@given(dims, dims, values)
def test_arithmetic_is_that_of_the_integers(a: Dim, b: Dim, at: dict[str, int]) -> None:
    x, y = a.evaluate(at), b.evaluate(at)
    assert (a + b).evaluate(at) == x + y
    assert (a - b).evaluate(at) == x - y
    assert (a * b).evaluate(at) == x * y


@given(dims, st.integers(1, 9), values)
def test_division_rounds_down(a: Dim, divisor: int, at: dict[str, int]) -> None:
    assert (a // divisor).evaluate(at) == a.evaluate(at) // divisor
    assert (a % divisor).evaluate(at) == a.evaluate(at) % divisor


@given(dims, dims)
def test_the_form_is_canonical(a: Dim, b: Dim) -> None:
    assert a + b == b + a
    assert a * b == b * a
    assert a + b - b == a
    assert (a - a) == Dim.of(0)


@given(dims, dims, dims)
def test_products_distribute(a: Dim, b: Dim, c: Dim) -> None:
    assert a * (b + c) == a * b + a * c


@given(polynomials, st.integers(1, 6), st.integers(1, 6))
def test_divisions_join(a: Dim, one: int, other: int) -> None:
    assert a // one // other == a // (one * other)


@given(polynomials, st.integers(1, 6), dims)
def test_whole_multiples_leave_a_division(a: Dim, divisor: int, b: Dim) -> None:
    assert (a + b * divisor) // divisor == a // divisor + b


@given(dims, values)
def test_substitution_is_evaluation(a: Dim, at: dict[str, int]) -> None:
    numbers_for = {name: Dim.of(value) for name, value in at.items()}
    assert a.substitute(numbers_for).value == a.evaluate(at)


@given(dims, dims, values)
def test_substitution_comes_before_or_after(a: Dim, b: Dim, at: dict[str, int]) -> None:
    assert a.substitute({"B": b}).evaluate(at) == a.evaluate({**at, "B": b.evaluate(at)})


@given(dims, values)
def test_no_value_is_below_the_lowest(a: Dim, at: dict[str, int]) -> None:
    bound = lowest(a)
    assert bound is None or bound <= a.evaluate(at)


@given(dims, dims, values)
def test_comparisons_hold_everywhere(a: Dim, b: Dim, at: dict[str, int]) -> None:
    match compare(a, b):
        case "equal":
            assert a.evaluate(at) == b.evaluate(at)
        case "different":
            assert a.evaluate(at) != b.evaluate(at)
        case _:
            assert a != b


@given(dims, dims)
def test_a_product_is_divided_by_its_factor(a: Dim, b: Dim) -> None:
    if b.terms:
        assert divide(a * b, b) == a


@given(dims, dims)
def test_what_divides_multiplies_back(a: Dim, b: Dim) -> None:
    quotient = divide(a, b)
    assert quotient is None or quotient * b == a


@given(st.lists(dims, max_size=4), values)
def test_the_product_of_a_shape(shape: list[Dim], at: dict[str, int]) -> None:
    total = 1
    for dim in shape:
        total *= dim.evaluate(at)
    assert product(tuple(shape)).evaluate(at) == total
