"""`tie`, `init` and `freeze`: what is done to a body's parameters once its parts are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netspec.analysis import errors
from netspec.analysis.network.builder import GraphBuilder, Tensor
from netspec.analysis.network.evaluate import Frame
from netspec.analysis.network.initial import ill_suited, initializer
from netspec.analysis.network.scans import Scans
from netspec.analysis.network.tensors import Reference
from netspec.analysis.patterns import by_first_names, matching, near_patterns
from netspec.analysis.places import header
from netspec.diagnostics import Label
from netspec.program.graph import Filling, Freezing, Graph, Tie
from netspec.program.state import Held, State, held, other_names, state
from netspec.source import Span
from netspec.syntax import tree

Path = tuple[str, ...]


class Directives(Scans):
    """Notes what is to be done, and holds it against the body when that is whole."""

    def direct(self, statement: tree.Tie | tree.Init | tree.Freeze, frame: Frame) -> None:
        """Note a statement for the body it stands in."""
        graph = self.graph_of(frame, header(statement.span))
        if graph is None:
            return
        match statement:
            case tree.Tie():
                self._tie(statement, frame, graph)
            case tree.Init():
                init = initializer(statement.value, self, frame)
                if init is not None:
                    place = statement.pattern
                    graph.fillings.append(Filling(span=place.span, pattern=place.value, init=init))
            case tree.Freeze():
                for pattern in statement.patterns:
                    graph.frozen.append(Freezing(span=pattern.span, patterns=(pattern.value,)))

    def finish(self, builder: GraphBuilder, outputs: Sequence[Tensor]) -> Graph:
        """The graph that a body has built, with what is done once its parts are made."""
        graph = super().finish(builder, outputs)
        if not builder.settles:
            return graph
        if builder.ties:
            ties = self._ordered(builder.ties, state(graph))
            graph = replace(graph, ties=ties)
        if builder.fillings or builder.frozen:
            found = state(graph)
            # A layer of the user's whose Python nobody looked at has weights that nobody knows.
            whole = all(layer.weighed for _, layer in graph.layers())
            lines = tuple(dict.fromkeys(builder.fillings))
            fillings = tuple(self._fillings(lines, found, whole=whole))
            frozen = tuple(
                line for line in builder.frozen if not whole or self._freezes(line, found)
            )
            graph = replace(graph, fillings=fillings, frozen=frozen)
        return graph

    # --- tie ---------------------------------------------------------------------------------

    def _tie(self, statement: tree.Tie, frame: Frame, graph: GraphBuilder) -> None:
        left = self._parameter(statement.left, frame, graph)
        right = None if left is None else self._parameter(statement.right, frame, graph)
        if left is None or right is None:
            return
        if left.type.shape != right.type.shape:
            shapes = (left.type.dims(), right.type.dims())
            places = (left.instance.label.span, right.instance.label.span)
            self.context.report(
                errors.tie_sizes(header(statement.span), (left.key, right.key), shapes, places)
            )
            return
        made = (left.instance.label.id, *left.path), (right.instance.label.id, *right.path)
        graph.ties.append(Tie(span=statement.span, left=made[0], right=made[1]))

    def _parameter(
        self, expression: tree.Expr, frame: Frame, graph: GraphBuilder
    ) -> Reference | None:
        """The parameter of this body that a side of `tie` names."""
        found = self.reference(expression, frame)
        if found is None:
            return None
        span, written = expression.span, expression.span.text
        if not isinstance(found, Reference):
            names = self.tensors_of(found)
            self.context.report(errors.tie_of_module(span, written, names))
            return None
        if found.instance.graph is not graph:
            label = found.instance.label
            self.context.report(errors.label_elsewhere(span, label.id, label.span))
            return None
        graph.named.add(found.instance.label.id)
        if not found.learned:
            self.context.report(errors.tie_of_buffer(span, written))
            return None
        return found

    def _ordered(self, ties: Sequence[Tie], found: State) -> tuple[Tie, ...]:
        """The ties, each behind those that its right side needs; what ties twice is reported."""
        inside = _sharing(found)
        by_left: dict[Path, Tie] = {}
        roots: dict[Path, Path] = {}
        kept: list[Tie] = []
        for tie in ties:
            earlier = by_left.get(tie.left)
            if tie.left == tie.right:
                self._again(tie, "itself", None)
            elif earlier is not None:
                self._again(tie, f"`{_key(earlier.right)}` already", earlier.span)
            elif _key(tie.left) in inside:
                self._again(tie, f"`{inside[_key(tie.left)]}` inside the part it is in", None)
            elif _root(tie.right, roots) == tie.left:
                self._again(tie, f"`{_key(tie.right)}` already", by_left[tie.right].span)
            else:
                by_left[tie.left] = tie
                roots[tie.left] = tie.right
                kept.append(tie)
        return _behind(kept, by_left)

    def _again(self, tie: Tie, to: str, earlier: Span | None) -> None:
        self.context.report(errors.tie_again(header(tie.span), _key(tie.left), to, earlier))

    # --- init and freeze ---------------------------------------------------------------------

    def _fillings(
        self, lines: Sequence[Filling], found: State, *, whole: bool
    ) -> Iterator[Filling]:
        """The lines by the first names of parameters.

        Reports patterns that match nothing or are overridden, and shapes that do not suit.
        """
        parameters = {one.name: one for one in held(found) if one.weight.learned}
        others = other_names(found)
        winner: dict[str, Filling] = {}
        matched: list[tuple[Filling, list[str], list[str]]] = []
        for line in lines:
            if not self.context.match(line.span, len(parameters) + len(others)):
                return
            patterns = by_first_names(line.pattern, list(parameters), others)
            names = [name for pattern in patterns for name in matching(pattern, parameters)]
            if not names and whole:
                self._nothing(line.span, line.pattern, found)
            winner.update(dict.fromkeys(names, line))
            matched.append((line, patterns or [line.pattern], names))
        for line, patterns, names in matched:
            own = [parameters[name] for name in names if winner[name] is line]
            if names and not own:
                later = winner[names[0]]
                self.context.report(errors.filling_overridden(line.span, line.pattern, later.span))
            self._check_shapes(line, own)
            yield from (replace(line, pattern=pattern) for pattern in patterns)

    def _check_shapes(self, line: Filling, own: Sequence[Held]) -> None:
        for one in own:
            wants = ill_suited(line.init, one.weight.shape)
            if wants is None:
                continue
            shape = f"`{one.name}` of {list(one.weight.shape)}"
            plain = "ones" if one.name.endswith("weight") else "zeros"
            advice = f'write a narrower pattern, or a later line, `init "{one.name}" = {plain}`'
            place, name = (Label(one.span, "it belongs to this"),), line.init.name
            self.context.report(
                errors.init_shape(line.init.span, name, wants, shape, place, advice)
            )
            return

    def _freezes(self, line: Freezing, found: State) -> bool:
        """Whether a line freezes anything; if not, a report."""
        names = [name for name, one in found.items() if one.weight.learned]
        for pattern in line.patterns:
            if not self.context.match(line.span, len(names)):
                return False
            if not matching(pattern, names):
                self._nothing(line.span, pattern, found)
                return False
        return True

    def _nothing(self, span: Span, pattern: str, found: State) -> None:
        """Report a pattern that matches no parameter."""
        names = [one.name for one in held(found) if one.weight.learned]
        buffers = matching(pattern, [key for key, one in found.items() if not one.weight.learned])
        close = near_patterns(names) if self.context.advises else ()
        self.context.advised += len(close)
        self.context.report(
            errors.pattern_matches_nothing(span, pattern, names, close, next(iter(buffers), None))
        )


def _key(path: Path) -> str:
    return ".".join(path)


def _sharing(found: State) -> dict[str, str]:
    """Keys whose tensor has another key too, with that one."""
    first: dict[int, str] = {}
    shared: dict[str, str] = {}
    for key, one in found.items():
        other = first.setdefault(id(one), key)
        if other != key:
            shared[key], shared[other] = other, key
    return shared


def _root(path: Path, roots: dict[Path, Path]) -> Path:
    """What a parameter becomes by the ties so far; shortens the way there."""
    way: list[Path] = []
    while path in roots:
        way.append(path)
        path = roots[path]
    roots.update(dict.fromkeys(way, path))
    return path


def _behind(kept: Sequence[Tie], by_left: dict[Path, Tie]) -> tuple[Tie, ...]:
    """Ties in an order in which each right side is final."""
    done: dict[Path, Tie] = {}
    for tie in kept:
        chain = [tie]
        while chain[-1].right in by_left and chain[-1].right not in done:
            chain.append(by_left[chain[-1].right])
        for link in reversed(chain):
            done.setdefault(link.left, link)
    return tuple(done.values())
