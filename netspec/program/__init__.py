"""What a checked spec is: frozen records that carry the span they came from."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.program.data import DataPlan
from netspec.program.graph import Literal, Model
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

    Those of a library go by its address, `lib.width`.
    """

    source: Source
    params: tuple[tuple[str, Literal], ...]
    models: tuple[Model, ...]
    data: DataPlan | None
    train: TrainPlan | None
    libraries: tuple[Library, ...] = ()

    @property
    def model(self) -> Model | None:
        """*The* model: the unnamed one, or the only one."""
        unnamed = [model for model in self.models if not model.name]
        if unnamed:
            return unnamed[0]
        return self.models[0] if len(self.models) == 1 else None
