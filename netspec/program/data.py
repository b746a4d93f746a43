"""What a checked `data` block is: fields, the steps that make them, and the split.

A plan is a short program without control flow: each `Step` names one `Expression`, later steps use
earlier ones by position. Interpreted by `netspec.data`, printed as Python by `netspec.export.data`.
Rows are the first dimension of every array; a table is an ordered set of columns of equal length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from netspec.program.externs import Extern
from netspec.program.graph import Literal
from netspec.program.schemas import Category, ColumnRange
from netspec.source import Span
from netspec.types import TensorType

Arguments = tuple[tuple[str, Literal], ...]
Stored = OneOf["float32", "int64", "bool"]

# Begins a `data` block that draws made-up rows, in the spec that such a run keeps.
MADE_UP = "# Made up (--synthetic): rows drawn by chance, of the types that the spec declares."

# --- fields ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Augment:
    """A change of images in batches: by chance in training, or fixed, and after such a one.

    `function` of `netspec.data.augmenting` makes it, given `options` and `draws` random numbers for
    each row; a change without any is made whenever rows are looked at.
    """

    name: str
    function: str
    options: Arguments
    draws: int = 0

    @property
    def always(self) -> bool:
        """Whether it changes images outside of training too: a crop then takes the middle."""
        return not self.draws or self.function in {"random_crop", "random_resized_crop"}


def borders(padding: Literal) -> tuple[int, int, int, int]:
    """Left, top, right, bottom: of one number, of two for the sides and the others, or of four."""
    given = padding if isinstance(padding, tuple) else (padding,)
    sides = [side for side in given if isinstance(side, int)]
    left, top, right, bottom = sides * (4 // len(sides))
    return left, top, right, bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A named column of tensors; `type` has the batch dimension `B` first.

    `step` is the step that makes it, `stored` the dtype its tensor is held in. `origin` says in
    words where it comes from: `rows.medv is one number per row (boston.csv, column 14)`.
    `consumed` says whether something else in the data block uses it. `augments` are what chance
    does to its images in training; the type is that afterwards. `ranges` are those of its columns,
    where they are a source's, unchanged, and were looked at.
    """

    span: Span
    name: str
    type: TensorType
    stored: Stored
    step: int
    origin: str = ""
    consumed: bool = False
    class_names: tuple[str, ...] = ()
    augments: tuple[Augment, ...] = ()
    ranges: tuple[ColumnRange, ...] = ()


# --- expressions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column a source gives; `dtype` is what its cells are read as."""

    name: str
    dtype: OneOf["real", "int", "text", "pixels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A table read from a source.

    `arguments` are those given in the text, random state aside; files are among them, as written.
    `seeded` says that the source draws from the data's random stream. A source of the user's has
    its declaration as `extern`, and the `types` of a row's part of each column. A text has the
    `vocabulary` that its tokens are numbered in.
    """

    span: Span
    source: str
    target: str
    arguments: Arguments
    columns: tuple[Column, ...]
    seeded: bool = False
    extern: Extern | None = None
    types: tuple[TensorType, ...] = ()
    vocabulary: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Use:
    """The value of an earlier step."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A list written in the text, perhaps of lists."""

    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One column of a table: `rows.medv`."""

    span: Span
    table: Expression
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """A table of some columns of a table: `rows -> except(medv)`."""

    table: Expression
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The columns of a table side by side as float64, `(rows, columns)`."""

    span: Span
    table: Expression
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """The rows where a mask holds: `rows[rows.age > 18]`."""

    value: Expression
    mask: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How many rows: `len(rows)`."""

    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Random numbers from the data's `RandomState`: `normal(0, 0.75, size=[100, 2])`.

    `arguments` are (low, high) of `uniform` and `randint`, (mean, deviation) of `normal`.
    """

    span: Span
    distribution: OneOf["uniform", "normal", "randint"]
    arguments: tuple[Operand, Operand]
    size: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """A function or operator: `sqrt`, `cat`, `+`, `and`, `neg`, `getitem`.

    The keyword `items` of `getitem` holds an integer or (start, stop, step) per dimension.
    """

    span: Span
    function: str
    operands: tuple[Operand, ...]
    keywords: Arguments = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistic:
    """A reduction over rows, computed on the training rows only: `mean(x, dim=0)`."""

    span: Span
    function: OneOf["mean", "std", "sum", "amin", "amax"]
    value: Expression
    whole: bool
    correction: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Transform:
    """`value -> StandardScaler`, fitted on the training rows only when `fitted`.

    `flat` says that the value is one column, not a matrix. `categories`: those of each column, for
    an encoder; they are a fact of the whole column, like its type. A transform of the user's has
    its declaration as `extern`, and the `types` of the row that it takes and of the one it gives;
    `seeded` says that it is given the data's seed.
    """

    span: Span
    name: str
    target: str
    value: Expression
    arguments: Arguments
    fitted: bool
    flat: bool
    columns: tuple[str, ...] = ()
    categories: tuple[tuple[Category, ...], ...] = ()
    seeded: bool = False
    extern: Extern | None = None
    types: tuple[TensorType, ...] = ()


Expression = (
    Load
    | Use
    | Numbers
    | Pick
    | Choose
    | Matrix
    | Keep
    | Length
    | Draw
    | Apply
    | Statistic
    | Transform
)

Operand = Expression | int | float | bool | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`name = value`; names are unique in a plan.

    `fitted` says that the value hangs on the training rows, so it is made after the split.
    """

    span: Span
    name: str
    value: Expression
    fitted: bool


# --- the plan --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPlan:
    """Fractions of the rows, in order of a seeded permutation; they sum to at most 1.

    `stratify` is the step whose classes keep their shares, `by` the one whose equal values stay in
    one part. `seed` None: the data's. Without `shuffle` the rows are divided in the order they
    stand in; `gap` rows are then left out where one part ends and the next begins, since
    neighbouring windows overlap. `places` are those of its arguments in the text.
    """

    span: Span
    train: float
    val: float
    test: float
    seed: int | None
    stratify: int | None
    by: int | None = None
    shuffle: bool = True
    gap: int = 0
    places: tuple[tuple[str, Span], ...] = ()

    def place(self, argument: str) -> Span:
        """Where an argument stands; the whole split where it is left out."""
        return dict(self.places).get(argument, self.span)

    def order_seed(self, seed: int) -> int | None:
        """The seed of the permutation, where the data's is `seed`; None for rows as they stand."""
        if not self.shuffle:
            return None
        return seed if self.seed is None else self.seed


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPlan:
    """Where rows come from and what is done to them.

    `made_up` is the text of a block that draws the same, where the rows were never anywhere else.

    `seed` None: the run's. `count` is the number of all rows, as an expression; `rows` the same as
    a number and `sizes` those of train, val and test, when known before reading. `own_test`: the
    source brings test rows, which are the last ones. `windows`: rows are windows over a text or a
    series, which share their memory.
    """

    span: Span
    fields: tuple[Field, ...]
    steps: tuple[Step, ...] = ()
    split: SplitPlan | None = None
    seed: int | None = None
    count: Operand = 0
    own_test: bool = False
    windows: bool = False
    rows: int | None = None
    sizes: tuple[int, int, int] | None = None
    made_up: str = ""

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((f for f in self.fields if f.name == name), None)
