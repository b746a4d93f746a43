"""Sizes known only at run time, as arithmetic over the shapes of a graph's inputs.

`measure` takes a `Dim` and the input types and gives a `Size`: a tree without symbols, so that two
uses of a block whose sizes are found in the same places have equal trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netspec.types.dimensions import Dim, Monomial, Quotient
from netspec.types.tensors import TensorType


@dataclass(frozen=True, slots=True)
class Axis:
    """Dimension `axis` of input number `input`."""

    input: int
    axis: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`, the operator one of `+ - * //`."""

    operator: str
    left: Size
    right: Size


Size = int | Axis | Arithmetic


class UnreadableSizeError(ValueError):
    """A size that cannot be worked out from the shapes of the inputs."""


def measure(dim: Dim, inputs: Sequence[TensorType]) -> Size:
    """`dim` by what can be read off `inputs`.

    Raises UnreadableSizeError when it hangs on a symbol that no input tells.
    """
    shapes: dict[Dim, Axis] = {}
    for number, given in enumerate(inputs):
        for axis, size in enumerate(given.shape):
            shapes.setdefault(size, Axis(number, axis))
    return _Reader(shapes).read(dim)


def is_told(dim: Dim, inputs: Sequence[TensorType]) -> bool:
    """Whether a size can be worked out from the shapes of the inputs."""
    try:
        measure(dim, inputs)
    except UnreadableSizeError:
        return False
    return True


def axes(size: Size) -> Iterator[Axis]:
    """The dimensions a size is read from, in the order they are written."""
    match size:
        case Axis():
            yield size
        case Arithmetic():
            yield from axes(size.left)
            yield from axes(size.right)


def evaluate(size: Size, inputs: Sequence[TensorType]) -> Dim:
    """What a size is when it is read off these inputs."""
    match size:
        case int():
            return Dim.of(size)
        case Axis():
            return inputs[size.input].shape[size.axis]
        case Arithmetic():
            left, right = evaluate(size.left, inputs), evaluate(size.right, inputs)
            match size.operator:
                case "+":
                    return left + right
                case "-":
                    return left - right
                case "*":
                    return left * right
            assert right.value is not None
            return left // right.value


@dataclass(frozen=True, slots=True)
class _Reader:
    shapes: dict[Dim, Axis]

    def read(self, dim: Dim) -> Size:
        if dim.value is not None:
            return dim.value
        if dim in self.shapes:
            return self.shapes[dim]
        constant = dict(dim.terms).get((), 0)
        terms = [term for term in dim.terms if term[0]]
        # A positive term first: `T - 1`, not `-1 + T`.
        terms.sort(key=lambda term: term[1] < 0)
        total: Size | None = None
        for monomial, coefficient in terms:
            product = self._product(monomial, abs(coefficient))
            if total is None:
                total = product if coefficient > 0 else Arithmetic("*", -1, product)
            else:
                total = Arithmetic("+" if coefficient > 0 else "-", total, product)
        assert total is not None
        if constant:
            return Arithmetic("+" if constant > 0 else "-", total, abs(constant))
        return total

    def _product(self, monomial: Monomial, coefficient: int) -> Size:
        factors: list[Size] = [coefficient] if coefficient != 1 else []
        whole = self.shapes.get(Dim(((monomial, 1),)))
        if whole is not None:
            factors.append(whole)
        else:
            factors.extend(self._atom(Dim((((atom,), 1),))) for atom in monomial)
        product = factors[0]
        for factor in factors[1:]:
            product = Arithmetic("*", product, factor)
        return product

    def _atom(self, atom: Dim) -> Size:
        if atom in self.shapes:
            return self.shapes[atom]
        ((monomial, _),) = atom.terms
        if not isinstance(monomial[0], str):
            numerator, divisor = monomial[0].numerator, monomial[0].divisor
            for given, axis in self.shapes.items():
                part = _divided(given, numerator, divisor, axis)
                if part is not None:
                    return part
            return Arithmetic("//", self.read(numerator), divisor)
        for given, axis in self.shapes.items():
            solved = _solved(given, atom, axis)
            if solved is not None:
                return solved
        raise UnreadableSizeError(f"no input tells the size {atom}")


def _divided(given: Dim, numerator: Dim, divisor: int, axis: Axis) -> Size | None:
    """`numerator // divisor` from `given`, where that is a division of nearly the same number.

    With `q = n // d`, `(q + c) // k` is `(n + c * d) // (d * k)`.
    """
    match given.terms:
        case (((Quotient() as inner,), 1),):
            shift = (numerator - inner.numerator).value
            if shift is None or shift < 0 or divisor % inner.divisor or shift % inner.divisor:
                return None
            steps = shift // inner.divisor
            shifted = Arithmetic("+", axis, steps) if steps else axis
            return Arithmetic("//", shifted, divisor // inner.divisor)
    return None


def _solved(given: Dim, atom: Dim, axis: Axis) -> Size | None:
    """The atom from `given == factor * atom + constant`."""
    ((monomial, _),) = atom.terms
    terms = dict(given.terms)
    factor, constant = terms.pop(monomial, 0), terms.pop((), 0)
    if factor <= 0 or terms:
        return None
    shifted: Size = axis
    if constant:
        shifted = Arithmetic("-" if constant > 0 else "+", axis, abs(constant))
    return shifted if factor == 1 else Arithmetic("//", shifted, factor)
