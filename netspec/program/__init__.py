"""What a checked spec is: frozen records that carry the span they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netspec.program.asserts import Assertion
from netspec.program.data import DataPlan
from netspec.program.externs import Extern
from netspec.program.graph import Child, Graph, Literal, Model
from netspec.program.train import TrainPlan
from netspec.source import Source, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """A file that a spec imports: its text, what it is called from the spec, `lib.parts`.

    `uses` are the paths of the imports that lead to it, in the spec and in other libraries.
    """

    source: Source
    address: str
    uses: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A whole checked spec. `params` are resolved: the default or the override.

    Those of a library go by its address, `lib.width`. `externs` are the declarations it uses whose
    Python the user brings.
    """

    source: Source
    params: tuple[tuple[str, Literal], ...]
    models: tuple[Model, ...]
    data: DataPlan | None
    train: TrainPlan | None
    libraries: tuple[Library, ...] = ()
    tests: tuple[Assertion, ...] = ()
    externs: tuple[Extern, ...] = ()

    @property
    def model(self) -> Model | None:
        """*The* model: the unnamed one, or the only one."""
        unnamed = [model for model in self.models if not model.name]
        if unnamed:
            return unnamed[0]
        return self.models[0] if len(self.models) == 1 else None

    @property
    def trained(self) -> tuple[Model, ...]:
        """The models that `train` trains: those that its losses apply, else *the* model."""
        wanted = self.train.models if self.train is not None else ()
        if not wanted:
            return () if self.model is None else (self.model,)
        return tuple(model for model in self.models if model.name in wanted)

    @property
    def fields_used(self) -> frozenset[str]:
        """The names of the data fields that training looks at, among other names."""
        assert self.train is not None
        names = {slot.name for slot in self.train.operands}
        names |= {phase.target for phase in self.train.phases}
        if not self.train.models:
            names |= {slot.name for model in self.trained for slot in model.graph.inputs}
        return frozenset(name for name in names if name is not None)

    @property
    def network(self) -> Model | None:
        """What `train` trains, as one: a holder of several models has each under its name.

        The holder computes nothing by itself.
        """
        return together(self.trained)


def together(models: Sequence[Model]) -> Model | None:
    """One model as itself, several in a holder that computes nothing, none for none."""
    if len(models) < 2:
        return models[0] if models else None
    children = (Child(key=m.name, module=m.graph, labelled=True) for m in models)
    first = models[0]
    graph = Graph(
        span=first.span,
        name="",
        children=tuple(children),
        inputs=(),
        steps=(),
        outputs=(),
        sequential=False,
    )
    return Model(span=first.span, name="", graph=graph, output_names=())
