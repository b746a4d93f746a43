"""The tree: what the parser makes of a text. Every node carries its span; nothing is resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netspec.source import Source, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything with a place in the text; the span ends at the last significant character."""

    span: Span


# --- expressions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Name(Node):
    """`width`, also in binding position and as argument name."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Node):
    """`64`, `1_000`, `3e-4`, `20%`: an int when written without point, exponent and percent."""

    value: int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Node):
    """`"text"`, without its quotes."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Node):
    """`true`, `false` or `none`."""

    value: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDisplay(Node):
    """`[1, 2]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TupleDisplay(Node):
    """`(a, b)`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword(Node):
    """`name=value` in a call."""

    name: Name
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Node):
    """`func(args, name=value)`."""

    func: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Node):
    """`lower:upper:step` inside a subscript; each part may be absent."""

    lower: Expr | None
    upper: Expr | None
    step: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots(Node):
    """`...` inside a subscript or a type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscript(Node):
    """`value[items]`."""

    value: Expr
    items: tuple[Expr | Slice | Dots, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Node):
    """`value.name`."""

    value: Expr
    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(Node):
    """`-x` or `not x`."""

    op: Literal["-", "not"]
    operand: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Node):
    """An infix operator: arithmetic, comparison, `and`, `or`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditional(Node):
    """`then if test else otherwise`."""

    then: Expr
    test: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe(Node):
    """`a -> b -> c`, flattened: two stages or more."""

    stages: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled(Node):
    """`label: stage`, `label[index]: stage`; what is no label has no name, and is reported."""

    label: Name
    index: tuple[Expr | Slice | Dots, ...] = ()
    stage: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Inline(Node):
    """`{ ... }` as a stage."""

    body: Body


Expr = (
    Name
    | Number
    | Text
    | Constant
    | ListDisplay
    | TupleDisplay
    | Call
    | Subscript
    | Attribute
    | Unary
    | Binary
    | Conditional
    | Pipe
    | Labelled
    | Inline
)


# --- types -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeExpr(Node):
    """`index(10)[B, T]`, `real[..., D]`, `[B, 4]`, `real`.

    `dims` is None without brackets and empty for `real[]`.
    """

    kind: Name | None
    args: tuple[Expr, ...]
    dims: tuple[Expr | Dots, ...] | None


# --- statements ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Body(Node):
    """`{ ... }`: statements in order."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind(Node):
    """`a, (b, c) = values`: targets are names, subscripts or tuples of them."""

    targets: tuple[Expr, ...]
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Node):
    """An expression statement; several values when written `a, b`."""

    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input(Node):
    """`input x: real[B, C, H, W]`."""

    name: Name
    type: TypeExpr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output(Node):
    """`output a, b`."""

    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range(Node):
    """`a..b`, without `b`; in a domain with it."""

    start: Expr
    stop: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class For(Node):
    """`label: for i in a..b { ... }` or over a list; several `variables` take items apart."""

    label: Name | None
    index: tuple[Expr | Slice | Dots, ...] = ()
    variables: tuple[Expr, ...]
    iterable: Range | Expr
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat(Node):
    """`label: repeat n { ... }`."""

    label: Name | None
    index: tuple[Expr | Slice | Dots, ...] = ()
    count: Expr
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch(Node):
    """One `if` or `else if` arm."""

    test: Expr
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class If(Node):
    """`if a { } else if b { } else { }`."""

    branches: tuple[Branch, ...]
    otherwise: Body | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued(Node):
    """`repeat 3 { ... } -> mean(dim=1)`: the value of a loop or choice, going on."""

    loop: For | Repeat | If
    stages: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned(Node):
    """`step in x`: a name for each piece of a sequence."""

    name: Name
    sequence: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried(Node):
    """`h = zeros(B, 20)`: a state and what it starts as."""

    name: Name
    initial: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan(Node):
    """`hs = scan step in x along 1 carry h = h0 { ... } -> Linear(2)`."""

    targets: tuple[Expr, ...]
    pieces: tuple[Scanned, ...]
    dim: Expr
    carries: tuple[Carried, ...]
    body: Body
    stages: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase(Node):
    """`phase name { ... }` in `train`."""

    name: Name
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Node):
    """`group "*.bias" { weight_decay = 0 }` in `train`."""

    patterns: tuple[Text, ...]
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie(Node):
    """`tie a.weight = b.weight`."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze(Node):
    """`freeze "backbone.*"`."""

    patterns: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Init(Node):
    """`init "*.weight" = xavier_uniform(gain=1.0)`."""

    pattern: Text
    value: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop(Node):
    """`stop when condition`."""

    condition: Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class Assert(Node):
    """`assert condition`."""

    condition: Expr


# What stands in networks, and what in blocks of settings and in both.
Network = Bind | Flow | Input | Output | For | Repeat | If | Continued | Scan
Statement = Network | Phase | Group | Tie | Freeze | Init | Stop | Assert


# --- top level -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Version(Node):
    """`netspec 1`."""

    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Import(Node):
    """`import "blocks.net" as lib`."""

    path: Text
    alias: Name | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval(Node):
    """The domain `a..b` or `a..b log`, both ends included."""

    low: Expr
    high: Expr
    log: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Node):
    """The domain `[a, b, c]`."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Param(Node):
    """`param lr = 1e-3 in 1e-5..1e-1 log`."""

    name: Name
    type: Name | None
    default: Expr
    domain: Interval | Choices | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Node):
    """One argument declaration of a block, model or extern: `bias: bool|none = true`.

    `types` is empty when none is written; `inferred` holds after `;`.
    """

    name: Name
    types: tuple[Name, ...]
    default: Expr | None
    inferred: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition(Node):
    """`block Name(args) { ... }` or `model Name(args) { ... }`; only a model may be unnamed."""

    keyword: Literal["block", "model"]
    name: Name | None
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Data(Node):
    """`data { ... }`."""

    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Train(Node):
    """`train { ... }`."""

    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature(Node):
    """`type -> type`; either side may be several in parentheses, or named `(x: type, y: type)`."""

    inputs: tuple[TypeExpr, ...]
    outputs: tuple[TypeExpr, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extern(Node):
    """`extern kind Name(args): type -> type from "module:attribute"`.

    A kind whose things have no tensors (an optimizer, a schedule) has no signature; a source has
    no inputs and named outputs: `extern source make_moons(...): (x: real[2], y: index(2))`.
    """

    kind: Name
    name: Name
    parameters: tuple[Parameter, ...]
    signature: Signature | None
    output_names: tuple[Name, ...]
    origin: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Node):
    """`test { assert ... }`."""

    body: Body


Item = Version | Import | Param | Definition | Data | Train | Extern | Test


@dataclass(frozen=True, slots=True, kw_only=True)
class File(Node):
    """A whole text: its items in order. Faulty statements and items are left out."""

    source: Source
    items: tuple[Item, ...]
