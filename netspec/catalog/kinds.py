"""Kinds in declarations: what a declared kind takes, and what the kind functions make of it.

Beside the kinds of `types.kinds` a declaration may say `number` (anything), `target` (a regression
target: any number, since integers and truth values are converted), `fraction` (within [0, 1], as
the targets of binary losses), `sign` (1 or -1, as the targets of margin losses) and a kind
variable: `K` for any kind, `F` for any float, `N` for anything but truth values. A result may be a
function of a kind: `elements(K)` is what still holds of each element when the shape changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netspec.types import Dim, Kind

REAL = Kind("real")
UNIT = Kind("unit")
PROB = Kind("prob")
LOGPROB = Kind("logprob")
INT = Kind("int")
BOOL = Kind("bool")

WORDS = {
    "real": "floating-point numbers",
    "score": "raw scores",
    "unit": "numbers within 0..1",
    "prob": "probabilities",
    "logprob": "logarithms of probabilities",
    "index": "class or token indices",
    "int": "integers",
    "bool": "truth values",
    "number": "numbers",
    "arithmetic": "numbers",
    "target": "numbers",
    "fraction": "targets within 0..1",
    "sign": "targets that are 1 or -1",
}


VARIABLES = {"K": "number", "F": "real", "N": "arithmetic"}


def accepts(wanted: str, given: Kind) -> bool:
    """Whether a tensor of kind `given` may stand where `wanted` is declared."""
    wanted = VARIABLES.get(wanted, wanted)
    if wanted in {"number", "target"}:
        return True
    if wanted == "arithmetic":
        return given.name != "bool"
    if wanted == "fraction":
        return given.name in {"unit", "prob", "bool"} or (
            given.name == "index" and (given.size is None or given.size.value in {None, 2})
        )
    if wanted == "sign":
        # What is known to be at least 0 is never -1.
        return given.name in {"real", "int"}
    return Kind(wanted).accepts(given)


def elements(kind: Kind) -> Kind:
    """What holds of each element alone: a `prob` is within [0, 1], a `logprob` just a number."""
    return {"prob": UNIT, "logprob": REAL}.get(kind.name, kind)


def numeric(kind: Kind) -> Kind:
    """What arithmetic makes of it: floats are `real`, integers and truth values `int`."""
    return REAL if kind.is_float else INT


def rounded(kind: Kind) -> Kind:
    """What `abs`, `square`, `sign`, `round` and `floor` give: within [0, 1] they stay there."""
    return UNIT if kind.name in {"unit", "prob"} else numeric(kind)


def exponential(kind: Kind) -> Kind:
    """What `exp` gives: of a `logprob` the `prob`."""
    return PROB if kind.name == "logprob" else REAL


def logarithm(kind: Kind) -> Kind:
    """What `log` gives: of a `prob` the `logprob`."""
    return LOGPROB if kind.name == "prob" else REAL


def root(kind: Kind) -> Kind:
    """What `sqrt` gives: within [0, 1] it stays there."""
    return UNIT if kind.name in {"unit", "prob"} else REAL


def finite(kind: Kind) -> Kind:
    """What `nan_to_num` gives: any float, since a number may stand for NaN; the rest as it is."""
    return REAL if kind.is_float else kind


def averaged(kind: Kind) -> Kind:
    """What a mean gives: of numbers within [0, 1] one within [0, 1]."""
    return UNIT if kind.name in {"unit", "prob"} else REAL


def floats(kind: Kind) -> Kind:
    """What `float` gives: what has two values, 0 and 1, is within [0, 1]."""
    two = kind.size is not None and kind.size.value == 2
    return UNIT if kind.name == "bool" or two else (kind if kind.is_float else REAL)


def wholes(kind: Kind) -> Kind:
    """What `long` gives: truth values are 0 and 1, an index stays what it is."""
    if kind.name == "bool":
        return Kind("index", Dim.of(2))
    return kind if kind.name == "index" else INT


FUNCTIONS: dict[str, Callable[[Kind], Kind]] = {
    function.__name__: function
    for function in (
        *(elements, numeric, rounded, exponential, logarithm, root, finite, averaged),
        *(floats, wholes),
    )
}


def join(kinds: Iterable[Kind]) -> Kind:
    """The kind of a tensor that holds elements of all these kinds, as torch promotes them."""
    found = list(kinds)
    first, names = found[0], {kind.name for kind in found}
    if len(names) == 1:
        sizes = {kind.size for kind in found}
        return first if len(sizes) == 1 else Kind(first.name, _largest(sizes))
    if any(kind.is_float for kind in found):
        return UNIT if names <= {"unit", "prob", "bool"} else REAL
    return INT


def of_number(value: float | bool | Dim) -> Kind:
    """The kind of a constant among tensors."""
    match value:
        case bool():
            return BOOL
        case float():
            return UNIT if 0.0 <= value <= 1.0 else REAL
        case _:
            return INT


def _largest(sizes: set[Dim | None]) -> Dim | None:
    values = [size.value if size is not None else None for size in sizes]
    known = [value for value in values if value is not None]
    return Dim.of(max(known)) if len(known) == len(values) else None
