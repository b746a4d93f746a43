"""Sums of products by letters: `einsum`, in torch's form.

Every letter is a dimension, blanks are for the reader, `...` stands for any number of leading
dimensions, which broadcast.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL, numeric
from netspec.types import Dim, TensorType

REST = "."


@dataclass(frozen=True, slots=True)
class Term:
    """The letters of one tensor, `.` among them for `...`; its place in the equation."""

    letters: str
    start: int
    end: int

    @property
    def fixed(self) -> int:
        """How many letters stand for one dimension each."""
        return len(self.letters.replace(REST, ""))


def einsum(call: Call) -> tuple[TensorType, ...]:
    """Sums of products by letters: `"bij,bjk->bik"`."""
    equation, operands = call.arguments["equation"], call.arguments["operands"]
    assert isinstance(equation, str)
    assert isinstance(operands, tuple)
    tensors = [operand for operand in operands if isinstance(operand, TensorType)]
    nothing = (TensorType(REAL, ()),)
    read = _read(call, equation, len(tensors))
    if read is None:
        return nothing
    terms, result = read
    sizes: dict[str, Dim] = {}
    rest = TensorType(REAL, ())
    for position, (term, operand) in enumerate(zip(terms, tensors, strict=True)):
        its = _meet_all(call, term, operand, position, sizes)
        if its is None:
            return nothing
        rest = TensorType(REAL, call.broadcast(rest, TensorType(REAL, its), input=position))
    truths = [place for place, tensor in enumerate(tensors) if tensor.kind.name == "bool"]
    if truths:
        # torch does with some patterns, and by other numbers than with others.
        call.refuse(
            "kind",
            f"`{call.name}` cannot multiply truth values (`bool`)",
            input=truths[0],
            help="make numbers of them: `where(mask, 1.0, 0.0)`",
        )
    if len({tensor.kind.is_float for tensor in tensors}) > 1:
        call.refuse("kind", f"`{call.name}` cannot multiply integers with floats", input=0)
    missing = [letter for letter in result.letters if letter not in sizes and letter != REST]
    if missing:
        _wrong(call, f"`{missing[0]}` is on the right, and no tensor has it", result)
        return nothing
    shape: list[Dim] = []
    for letter in result.letters:
        shape.extend(rest.shape if letter == REST else (sizes[letter],))
    return (TensorType(numeric(tensors[0].kind), tuple(shape)),)


def _meet_all(
    call: Call, term: Term, operand: TensorType, position: int, sizes: dict[str, Dim]
) -> tuple[Dim, ...] | None:
    """Note the sizes of a tensor's letters; gives what its `...` stands for."""
    spare = operand.rank - term.fixed
    if spare < 0 or (spare and REST not in term.letters):
        words = term.letters.replace(REST, "...")
        call.refuse(
            "rank",
            f"`{call.name}` reads {operand.dims()} as `{words}`, {term.fixed} letters",
            input=position,
            argument="equation",
            within=(term.start, term.end),
            help="each letter is a dimension: name an axis by one letter",
        )
        return None
    rest: tuple[Dim, ...] = ()
    place = 0
    for letter in term.letters:
        if letter == REST:
            rest = operand.shape[place : place + spare]
            place += spare
            continue
        _meet(call, sizes, letter, operand.shape[place], position, term)
        place += 1
    return rest


def _meet(
    call: Call, sizes: dict[str, Dim], letter: str, size: Dim, position: int, term: Term
) -> None:
    """A letter has one size wherever it stands; 1 goes with any, as in torch."""
    there = sizes.get(letter)
    if there is None or there.value == 1:
        sizes[letter] = size
    elif size.value != 1:
        message = f"axis `{letter}`: {there} in one tensor and {size} in another"
        if there.value is not None and size.value is not None and there != size:
            within = (term.start, term.end)
            call.refuse("axis", message, argument="equation", within=within, input=None)
        else:
            sizes[letter] = call.equal(there, size, message, input=position)


def _read(call: Call, equation: str, count: int) -> tuple[list[Term], Term] | None:
    """The terms on the left, and that on the right; without an arrow torch's own."""
    left, arrow, right = equation.partition("->")
    terms: list[Term] = []
    at = 0
    for part in left.split(","):
        term = _term(call, part, at)
        if term is None:
            return None
        terms.append(term)
        at += len(part) + 1
    if len(terms) != count:
        given = "1 tensor" if count == 1 else f"{count} tensors"
        everything = Term("", 0, len(equation))
        _wrong(call, f"it is for {len(terms)} tensors, and is given {given}", everything)
        return None
    if arrow:
        result = _term(call, right, len(left) + 2)
        if result is None:
            return None
        twice = [letter for letter, count in Counter(result.letters).items() if count > 1]
        if twice:
            _wrong(call, f"`{twice[0]}` stands twice on the right", result)
            return None
        return terms, result
    letters = "".join(term.letters for term in terms)
    once = "".join(sorted(x for x in set(letters) - {REST} if letters.count(x) == 1))
    rest = REST if REST in letters else ""
    return terms, Term(rest + once, 0, len(equation))


def _term(call: Call, text: str, offset: int) -> Term | None:
    """The letters of one term."""
    start = offset + len(text) - len(text.lstrip())
    end = offset + len(text.rstrip())
    letters = text.replace("...", REST).replace(" ", "")
    place = Term(letters, start, max(end, start))
    if letters.count(REST) > text.count("...") or letters.count(REST) > 1:
        _wrong(call, "dots stand for dimensions as one `...`", place)
        return None
    if not all(letter == REST or (letter.isascii() and letter.isalpha()) for letter in letters):
        bad = next(x for x in letters if not (x.isascii() and x.isalpha()) and x != REST)
        _wrong(call, f"`{bad}` is no letter", place)
        return None
    return place


def _wrong(call: Call, message: str, place: Term) -> None:
    call.refuse(
        "pattern",
        f"`{call.name}` cannot use its equation: {message}",
        argument="equation",
        within=(place.start, place.end),
    )
