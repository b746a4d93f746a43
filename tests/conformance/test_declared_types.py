"""The types that a declaration writes are those that its rule gives, where a rule says more.

Messages and pages show the declaration, and the rule decides: they must say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
import test_layers_at_sizes as layers
from sampling import entry
from test_every_argument import CALLS

from netspec import catalog
from netspec.catalog import Application, Entry, kinds, rules
from netspec.syntax import tree
from netspec.types import Dim, Kind, TensorType

CATALOG = catalog.load()
# Arguments that turn, add or take away dimensions of what the declaration writes.
TURNING = frozenset({"batch_first", "bidirectional", "proj_size", "keepdim"})


def written(pattern: tree.TypeExpr, of: TensorType) -> Iterator[tuple[str, Dim]]:
    """Each dimension as the declaration writes it and as it is; `...` stands for any."""
    dims = pattern.dims or ()
    dots = [at for at, dim in enumerate(dims) if isinstance(dim, tree.Dots)]
    head = dots[0] if dots else len(dims)
    tail = len(dims) - head - 1 if dots else 0
    assert of.rank >= head + tail
    assert dots or of.rank == len(dims)
    fixed = [*zip(dims[:head], of.shape[:head], strict=True)]
    fixed += zip(dims[len(dims) - tail :], of.shape[of.rank - tail :], strict=True)
    yield from ((dim.span.text, size) for dim, size in fixed)


def kind_of(
    pattern: tree.TypeExpr, variables: Mapping[str, Kind], names: Mapping[str, object]
) -> Kind:
    """The kind that a declaration writes."""
    assert pattern.kind is not None
    name = pattern.kind.id
    if name in variables:
        return variables[name]
    if name in kinds.FUNCTIONS:
        return kinds.FUNCTIONS[name](variables[pattern.args[0].span.text])
    size = names[pattern.args[0].span.text] if pattern.args else None
    assert size is None or isinstance(size, int | Dim)
    return Kind(name, None if size is None else Dim.of(size))


def hold(declared: Entry, applied: Application, given: Sequence[TensorType]) -> None:
    """A name of the declaration is one size wherever it stands, and its arithmetic holds."""
    found = declared.signature
    assert found is not None
    assert len(applied.outputs) == len(found.outputs)
    inputs = [*zip(found.inputs, given, strict=False)]
    outputs = [*zip(found.outputs, applied.outputs, strict=True)]
    pairs = [pair for pattern, of in (*inputs, *outputs) for pair in written(pattern, of)]
    names: dict[str, object] = {}
    for text, size in pairs:
        if text.isidentifier():
            assert names.setdefault(text, size) == size, text
    for argument, value in applied.arguments.items():
        if isinstance(value, int) and argument in names:
            assert names[argument] == Dim.of(value), argument
    names = {**applied.arguments, **names}
    for text, size in pairs:
        code = compile(text, text, "eval")
        if all(isinstance(names.get(name), int | Dim) for name in code.co_names):
            assert Dim.of(eval(code, {}, names)) == size, text
    variables = {
        pattern.kind.id: of.kind
        for pattern, of in reversed(inputs)
        if pattern.kind is not None and pattern.kind.id in kinds.VARIABLES
    }
    for pattern, of in outputs:
        assert of.kind == kind_of(pattern, variables, names)


FORMS = [case for case in layers.CASES if not TURNING & set(case[1])]


@pytest.mark.parametrize(
    ("name", "keywords", "types"), FORMS, ids=[f"{case[0]}-{at}" for at, case in enumerate(FORMS)]
)
def test_layers(name: str, keywords: dict[str, object], types: list[TensorType]) -> None:
    applied = layers.ours(name, keywords, types)
    assert isinstance(applied, Application)
    hold(entry("layer", name), applied, types)


# Of what is reduced the declaration shows the number; the tests of losses hold the others.
TYPED = [
    name
    for name in CATALOG.names("function")
    if entry("function", name).signature and entry("function", name).argument("reduction") is None
]


@pytest.mark.parametrize("name", TYPED)
def test_functions(name: str) -> None:
    declared = entry("function", name)
    applied = declared.apply_function((), CALLS[name])
    assert isinstance(applied, Application)
    hold(declared, applied, [of for of in CALLS[name].values() if isinstance(of, TensorType)])


def test_every_layer_is_held() -> None:
    assert {case[0] for case in FORMS} == set(CATALOG.names("layer"))
    assert any(name in rules.WHOLE for name in TYPED)
