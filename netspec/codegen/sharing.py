"""Which classes a model needs: one per block and structure, its uses differing in values only.

No group contains itself (a block that does has one for each level), so groups of uses are settled
from the inside out: when a group's turn comes, the parts of its uses are known. Two structures of
one block become one class when one of them only lacks parts that the other has; those are then
optional.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from netspec.codegen.arguments import MISSING, Fixed, Given, Naming, Place, Vector
from netspec.codegen.names import LOCAL, camel_case, child_key, class_name, local, parted
from netspec.codegen.nesting import Levels, block_of
from netspec.codegen.plans import (
    GUARD,
    Body,
    Chain,
    ClassPlan,
    Held,
    Instance,
    Leaf,
    Part,
    Path,
    signature,
)
from netspec.codegen.stateless import as_functions
from netspec.codegen.variants import Variant, merged
from netspec.program import together
from netspec.program.graph import Graph, Layer, Literal, Model, Stored
from netspec.types import TensorType

# Containers nest this deep at most before one becomes a class.
DEEPEST = 3
# A container of a labelled loop with more parts than this becomes a class; a run of like parts is
# one, as it is written in one line.
LONGEST_REPEATED = 5

# A block by its name and file; a container by its owner and label, `*` for the numbers of a loop.
GroupKey = tuple[str, ...]


@dataclass(slots=True, eq=False)
class _Use:
    graph: Graph
    children: dict[str, _Use]
    part: Part | None = None


@dataclass(slots=True, eq=False)
class _Group:
    key: GroupKey
    name: str
    uses: list[_Use] = field(default_factory=list)
    needs: dict[GroupKey, None] = field(default_factory=dict)

    @property
    def is_repeated(self) -> bool:
        return self.key[-1] == "*"


def plan_classes(
    models: Sequence[Model], reserved: Iterable[str] = ()
) -> tuple[tuple[ClassPlan, ...], ...]:
    """The classes of each model as they are written: what is needed first, the model's own last.

    What several models use is one class, which stands with the first of them. No class takes a
    `reserved` name.
    """
    groups: dict[GroupKey, _Group] = {}
    whole = together(models)
    assert whole is not None
    levels = Levels(whole.graph)
    roots: list[GroupKey] = [("model",)]
    if len(models) > 1:
        roots = [("model", model.name) for model in models]
    for root, model in zip(roots, models, strict=True):
        _collect(model.graph, root, model.name or "Model", groups, levels)
    namer = _Namer(groups, roots, reserved)
    made: list[tuple[ClassPlan, ...]] = []
    seen: set[GroupKey] = set()
    for root in roots:
        plans: list[ClassPlan] = []
        for key in _inside_out(groups, root, seen):
            plans.extend(_settle(groups[key], namer, inline=key not in roots))
        made.append(tuple(plans))
    return tuple(made)


def _collect(
    graph: Graph, key: GroupKey, name: str, groups: dict[GroupKey, _Group], levels: Levels
) -> _Use:
    group = groups.setdefault(key, _Group(key, name))
    use = _Use(graph, {})
    group.uses.append(use)
    for child in graph.children:
        child_key(child.key)
        inner = child.module
        if not isinstance(inner, Graph):
            continue
        its_key: GroupKey
        if inner.name:
            its_key, its_name = ("block", block_of(inner)), inner.name
            if level := levels.of(inner):
                its_key = ("nested", block_of(inner), str(level))
        elif child.key.isdecimal():
            # A round of a labelled loop has the loop's name.
            its_key, its_name = (*key, "*"), name
        elif parted(child.key)[1] is not None:
            # So has an item of a list.
            listed = parted(child.key)[0]
            its_key, its_name = (*key, listed, "*"), listed
        else:
            its_key, its_name = (*key, child.key), child.key
        group.needs[its_key] = None
        use.children[child.key] = _collect(inner, its_key, its_name, groups, levels)
    return use


def _inside_out(
    groups: Mapping[GroupKey, _Group], root: GroupKey, seen: set[GroupKey]
) -> Iterator[GroupKey]:
    """Every group that is not `seen` yet, after those it needs."""

    def visit(key: GroupKey) -> Iterator[GroupKey]:
        if key in seen:
            return
        seen.add(key)
        for needed in groups[key].needs:
            yield from visit(needed)
        yield key

    yield from visit(root)


class _Namer:
    """Names for classes; the models and the blocks come before containers."""

    def __init__(
        self,
        groups: Mapping[GroupKey, _Group],
        roots: Sequence[GroupKey],
        reserved: Iterable[str],
    ) -> None:
        self._taken = set(reserved)
        self._first: dict[GroupKey, str] = {}
        # A key that is longer is that of a container in a block.
        lengths = {"block": 2, "nested": 3}
        blocks = [key for key in groups if len(key) == lengths.get(key[0])]
        for key in [*roots, *blocks]:
            fallback = "Model" if key in roots else "Block"
            self._first[key] = self._take(groups[key].name, fallback)

    def first(self, group: _Group) -> str:
        """The name of a group's first class."""
        if group.key in self._first:
            return self._first.pop(group.key)
        short = camel_case(group.name)
        owner = next((self._first[key] for key in _owners(group.key) if key in self._first), "")
        taken = short in self._taken or short in LOCAL
        return self._take(owner + short if taken else short, "Part")

    def variant(self, first: ClassPlan, body: Body) -> str:
        """The name of one more class of a group: the first's, and what sets it apart."""
        stem = first.name
        known = {layer.name for _, layer in first.body.graph.layers()}
        for _, layer in body.graph.layers():
            if layer.name not in known:
                return self._take(stem + camel_case(layer.name), "Part")
        for key in body.parts:
            if key not in first.body.parts and not key[-1].isdecimal():
                return self._take(stem + camel_case(key), "Part")
        return self._take(stem, "Part")

    def _take(self, wanted: str, fallback: str) -> str:
        name = class_name(wanted, self._taken, fallback)
        self._taken.add(name)
        return name


def _owners(key: GroupKey) -> Iterator[GroupKey]:
    while len(key) > 1:
        key = key[:-1]
        yield key


def _settle(group: _Group, namer: _Namer, *, inline: bool) -> Iterator[ClassPlan]:
    """Give each use of a group its part; the classes that takes."""
    graphs = as_functions([use.graph for use in group.uses])
    bodies = [_body(use, graph) for use, graph in zip(group.uses, graphs, strict=True)]
    classes = merged(bodies)
    if inline and _stay_in_place(bodies, len(classes), repeated=group.is_repeated):
        for use, body in zip(group.uses, bodies, strict=True):
            use.part = Chain(tuple(body.parts.values()))
        return
    use_of = {id(body): use for body, use in zip(bodies, group.uses, strict=True)}
    first: ClassPlan | None = None
    for variants in classes:
        body = variants[0].body
        name = namer.first(group) if first is None else namer.variant(first, body)
        plan = _plan(name, variants)
        first = first or plan
        for at, variant in enumerate(variants):
            values = {argument.name: argument.values[at] for argument in plan.arguments}
            use_of[id(variant.body)].part = Instance(plan, values)
        yield plan


def _body(use: _Use, graph: Graph) -> Body:
    parts: dict[str, Part] = {}
    for child in graph.children:
        match child.module:
            case Layer() as layer:
                parts[child.key] = Leaf(layer)
            case Stored() as stored:
                parts[child.key] = Held(stored, Body(stored.value, {}))
            case Graph():
                part = use.children[child.key].part
                assert part is not None
                parts[child.key] = part
    return Body(graph, parts)


def _stay_in_place(bodies: Sequence[Body], classes: int, *, repeated: bool) -> bool:
    """Whether a container is written as `nn.Sequential(...)` where it stands.

    So is a block that would need about as many `classes` as it has uses.
    """
    if bodies[0].graph.name and not (1 < classes <= len(bodies) < 2 * classes):
        return False
    long = repeated or bool(bodies[0].graph.name)
    return all(
        body.is_chain
        and not body.graph.settles
        and _depth(body) <= DEEPEST
        and not (long and _runs(body) > LONGEST_REPEATED)
        for body in bodies
    )


def _runs(body: Body) -> int:
    """How many parts a chain has, parts of one sort in a row counted once."""
    return sum(1 for _ in groupby(signature(part) for part in body.parts.values()))


def _depth(container: Body | Chain) -> int:
    items = container.items if isinstance(container, Chain) else tuple(container.parts.values())
    return 1 + max((_depth(item) for item in items if isinstance(item, Chain)), default=0)


def _plan(name: str, variants: Sequence[Variant]) -> ClassPlan:
    """A class for these uses: its arguments, and where they stand."""
    bodies = [variant.body for variant in variants]
    full = variants[0].written()
    naming = Naming(
        uses=len(bodies),
        own=_own_arguments(bodies),
        inputs=frozenset(_sizes([body.input_types for body in bodies])),
        outputs=frozenset(_sizes([body.graph.output_types for body in bodies])),
    )
    given: dict[Path, Given] = {}
    if len(bodies) == 1:
        given = {hole.path: Fixed(hole.value) for hole in variants[0].holes(full)}
    else:
        by_use = [{hole.path: hole.value for hole in variant.holes(full)} for variant in variants]
        holes = list(variants[0].holes(full))
        vectors: list[Vector] = [
            tuple(values.get(hole.path, MISSING) for values in by_use) for hole in holes
        ]
        # An input size is best called as the layers that take it call it.
        entering = {v: h.name for h, v in zip(holes, vectors, strict=True) if h.name[:3] == "in_"}
        for hole, vector in zip(holes, vectors, strict=True):
            called = entering.get(vector, hole.name) if vector in naming.inputs else hole.name
            place = Place(called, str(hole.path[0]), hole.default)
            given[hole.path] = naming.given(place, vector)
    optional = frozenset[str]().union(*(variant.lacks for variant in variants))
    guard = variants[0].guard
    flags: dict[str, str] = {}
    if guard is not None:
        name_of_flag = naming.flag(guard.wanted, tuple(not variant.skips for variant in variants))
        flags = {GUARD: name_of_flag, **dict.fromkeys(guard.parts, name_of_flag)}
    for key in full.parts:
        if key in optional and key not in flags:
            there = tuple(key not in variant.lacks for variant in variants)
            flags[key] = naming.flag(key, there)
    return ClassPlan(
        name=name,
        body=full,
        uses=tuple(bodies),
        arguments=naming.finished(),
        holes=given,
        flags=flags,
    )


def _own_arguments(bodies: Sequence[Body]) -> dict[str, Vector]:
    """The block's own arguments that differ between its uses, by the names they will have."""
    rows: list[dict[str, Literal]] = [dict(body.graph.arguments) for body in bodies]
    vectors = {
        name: tuple(row[name] for row in rows)
        for name in rows[0]
        if all(name in row for row in rows)
    }
    return {local(name): vector for name, vector in vectors.items()}


def _sizes(uses: Sequence[tuple[TensorType, ...]]) -> Iterator[Vector]:
    """The sizes that are known at every use, one vector a dimension."""
    for types in zip(*uses, strict=True):
        for dims in zip(*(given.shape for given in types), strict=False):
            values = tuple(dim.value for dim in dims)
            if None not in values:
                yield values
