"""What every pass of the analysis shares: the sink, the catalogue, limits, and the call chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from netspec.analysis import errors
from netspec.analysis.places import header
from netspec.catalog import Catalog, Entry
from netspec.diagnostics import Diagnostic, Sink
from netspec.program.externs import Extern, Inspector
from netspec.program.graph import Requirement
from netspec.program.schemas import SchemaReader
from netspec.source import Source, Span
from netspec.syntax import tree

MAX_EXPANSIONS = 100_000
# What is computed on the way: a body of arithmetic costs work too in each round of a loop. No text
# of a megabyte has as many expressions without a loop.
MAX_EVALUATIONS = 1_000_000
MAX_LAYERS = 10_000
MAX_PARAMETERS = 2**31
# Bodies and layers given as arguments, within one another as they are expanded.
MAX_DEPTH = 100
# Names looked at to find those near to one that stands for nothing; then none are looked for.
MOST_ADVISED = 100_000
# Sizes that do not go together, with the sizes in the message.
OF_SIZES = frozenset({"NS4002", "NS4033"})
# How many uses of blocks, and how many imports, a report shows on the way to a mistake.
MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a spec may expand; raised on the command line, never by the spec."""

    expansions: int = MAX_EXPANSIONS
    evaluations: int = MAX_EVALUATIONS
    layers: int = MAX_LAYERS
    parameters: int = MAX_PARAMETERS


@dataclass(slots=True)
class Use:
    """A block being expanded: its name and the span of the use that led into it."""

    name: str
    use: Span
    definition: tree.Definition


@dataclass(slots=True)
class Context:
    """State of one analysis."""

    sink: Sink
    catalog: Catalog
    limits: Limits = field(default_factory=Limits)
    schemas: SchemaReader | None = None
    calls: list[Use] = field(default_factory=list)
    # Which of them are not around a stage that came as an argument: those begun since then.
    aside: list[range] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    expansions: int = 0
    evaluations: int = 0
    advised: int = 0
    layers: int = 0
    parameters: int = 0
    exhausted: bool = False
    # How many bodies are being run within one another, and the innermost.
    depth: int = 0
    place: Span | None = None
    # Params by file and name, so that a use before the declaration is told from an unknown name.
    declared: dict[tuple[Source, str], Span] = field(default_factory=dict)
    # Imported files, each with the first import of it.
    imported: dict[Source, Span] = field(default_factory=dict)
    # The spec's folder, where its own modules are; who may look at them, if anybody; the
    # declarations that are used, by where they stand, and those reported to be untrue.
    folder: Path = field(default_factory=Path)
    inspector: Inspector | None = None
    externs: dict[Span, Extern] = field(default_factory=dict)
    refuted: set[Span] = field(default_factory=set)
    # What they are in the catalogue of their file, by their heads.
    declarations: dict[Span, Entry] = field(default_factory=dict)
    # Whether the data cannot be looked at: its fields are then those that are asked for.
    without_data: bool = False
    # The model that is being analysed, and where `train` applies it.
    applied: tuple[str, Span] | None = None
    _reported: set[tuple[str, Span, str]] = field(default_factory=set)

    def report(self, diagnostic: Diagnostic) -> None:
        """Report, with the chain of uses that led into the block at fault, innermost first.

        The outermost call is the model, which nothing uses. A mistake in a block is reported for
        the first of its uses only; lines of one use that go wrong alike, with the same sizes, have
        one cause, and the first of them is reported.
        """
        if diagnostic.labels:
            # Sizes in the message may differ from use to use, and from round to round of a loop.
            said = "" if self.calls else diagnostic.message
            mistake = (diagnostic.code, diagnostic.labels[0].span, said)
            if mistake in self._reported:
                return
            self._reported.add(mistake)
            if len(self.calls) > 1 and diagnostic.code in OF_SIZES:
                alike = (diagnostic.code, self.calls[-1].use, diagnostic.message)
                if alike in self._reported:
                    return
                self._reported.add(alike)
        for call in reversed(self.calls[1:][-MOST_SHOWN:]):
            diagnostic = diagnostic.with_label(call.use, f"in this use of `{call.name}`")
        if self.applied is not None:
            name, place = self.applied
            diagnostic = diagnostic.with_label(place, f"in this use of `{name}`")
        self.sink.report(traced(diagnostic, self.imported))

    @contextmanager
    def trial(self) -> Iterator[Sink]:
        """Analyse something again to see whether it can be; neither reports nor counts stand."""
        sink, requirements, reported = self.sink, self.requirements, self._reported
        counts = self.expansions, self.evaluations, self.advised, self.layers, self.parameters
        self.sink, self.requirements, self._reported = Sink(), [], set()
        try:
            yield self.sink
        finally:
            self.sink, self.requirements, self._reported = sink, requirements, reported
            self.expansions, self.evaluations, self.advised, self.layers, self.parameters = counts
            self.exhausted = False

    def around(self) -> list[Use]:
        """The uses whose blocks the text being expanded stands in, outermost first."""
        return [
            use
            for number, use in enumerate(self.calls)
            if not any(number in since for since in self.aside)
        ]

    def expand(self, span: Span, times: int = 1) -> bool:
        """Count `times` expansion steps; False, reported once, when the limit is passed."""
        self.expansions += times
        return self._within(self.expansions, self.limits.expansions, "expansions", span)

    def evaluate(self, span: Span, times: int = 1) -> bool:
        """Count the values that are looked at; False, reported once, when the limit is passed."""
        self.evaluations += times
        return self._within(self.evaluations, self.limits.evaluations, "evaluations", span)

    def match(self, span: Span, names: int) -> bool:
        """Count a pattern held against so many names, ten of which are as much as a value."""
        return self.evaluate(span, 1 + names // 10)

    @property
    def advises(self) -> bool:
        """Whether near names are still looked for, which takes a look at every name in sight."""
        return self.advised < MOST_ADVISED

    def enter(self, span: Span) -> bool:
        """Go into a body within another; False, reported once, when they nest too deeply."""
        self.depth += 1
        self.place = span
        if self.depth > MAX_DEPTH:
            self.too_deep()
        return not self.exhausted

    def leave(self) -> None:
        """Come out of a body again."""
        self.depth -= 1

    def too_deep(self) -> None:
        """Report, once, that what is being expanded nests too deeply, and expand no more."""
        if not self.exhausted:
            self.exhausted = True
            assert self.place is not None
            self.sink.report(errors.expands_too_deeply(header(self.place), MAX_DEPTH))

    def add_layer(self, parameters: int, span: Span) -> bool:
        """Count a layer and its parameters; False, reported once, when a limit is passed."""
        self.layers += 1
        self.parameters += parameters
        return self._within(self.layers, self.limits.layers, "layers", span) and self._within(
            self.parameters, self.limits.parameters, "parameters", span
        )

    def _within(self, count: int, limit: int, what: str, span: Span) -> bool:
        if self.exhausted:
            return False
        if count > limit:
            self.exhausted = True
            self.sink.report(errors.limit_passed(header(span), what, limit))
            return False
        return True


def traced(diagnostic: Diagnostic, imported: Mapping[Source, Span]) -> Diagnostic:
    """A diagnostic in an imported file, with the imports that led to it, innermost first."""
    if not diagnostic.labels:
        return diagnostic
    source = diagnostic.labels[0].span.source
    for _ in range(MOST_SHOWN):
        place = imported.get(source)
        if place is None:
            break
        diagnostic = diagnostic.with_label(place, "imported here")
        source = place.source
    return diagnostic
