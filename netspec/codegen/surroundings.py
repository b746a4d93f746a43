"""What the statements of a `forward` stand in: how children, constants and names are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netspec.codegen.constructors import Nesting
from netspec.codegen.layout import Expr
from netspec.codegen.plans import Path
from netspec.program.graph import Literal, Read


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """How a child module is written, and how its calls group into lines.

    A line holds one `main` child (a layer with a matrix, a block) and what goes with it. A `whole`
    one (a block) is not wrapped by another module's call, and wraps none but a normalisation's: a
    child that is neither main nor without weights.
    """

    text: str
    main: bool
    whole: bool
    weightless: bool = False
    inputs: Nesting | None = None
    named: Mapping[int, str] = field(default_factory=dict)
    results: Nesting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the statements stand in: children by key, constants by path, the margin.

    `training` is what says whether the model is trained, where there is such a thing.
    """

    child: Callable[[str], Child]
    constant: Callable[[Path, Literal], Expr]
    indent: int
    shapes: bool
    # How a tensor of a child is written.
    tensor: Callable[[Read], Expr] | None = None
    training: Expr | None = None
    # What says whether steps that not all uses have are there.
    guard: Expr | None = None
    # What functions of the user's are called, by their targets.
    names: Mapping[str, str] = field(default_factory=dict)
