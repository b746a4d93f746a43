"""One application under way: its tensors and arguments, what it needs, and its first mistake.

Rules work on a `Call` as later stages work with a sink: a mistake is noted, the rule goes on with
any size, and whoever began the call looks at the end whether it was refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netspec.catalog.records import Implied, Need, Operand, Reason, Refusal
from netspec.types import Bindings, Clash, Dim, Kind, TensorType, broadcast, compare, lowest

Shape = tuple[Dim, ...]

# torch reduces, and reads by an index, tensors of 64 dimensions at most.
MAX_RANK = 64


@dataclass(slots=True, kw_only=True)
class Call:
    """A layer, loss or function being applied.

    `sizes` and `kinds` hold what the names of the signature stand for, `rest` what `...` does.
    `named` are further arguments of a function that takes them by any name: the sizes of axes.
    `implied` are arguments to be written though the call leaves them away.
    """

    kind: str
    name: str
    arguments: dict[str, Operand]
    given: frozenset[str] = frozenset()
    inputs: tuple[TensorType, ...] = ()
    named: Mapping[str, Operand] = field(default_factory=dict)
    sizes: dict[str, Dim] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    rest: Shape = ()
    needs: list[Need] = field(default_factory=list)
    implied: dict[str, Implied] = field(default_factory=dict)
    refusal: Refusal | None = None

    # --- mistakes and facts ----------------------------------------------------------------------

    def refuse(
        self,
        reason: Reason,
        message: str,
        *,
        argument: str | int | None = None,
        input: int | None = None,
        within: tuple[int, int] | None = None,
        notes: Sequence[str] = (),
        help: str | None = None,
    ) -> None:
        """Note why the call cannot be meant; the first reason stays."""
        if self.refusal is None:
            self.refusal = Refusal(
                reason=reason,
                message=message,
                argument=argument,
                input=input,
                within=within,
                notes=tuple(notes),
                help=help,
            )

    def equal(
        self, left: Dim, right: Dim, message: str, *, input: int | None = None, help: str = ""
    ) -> Dim:
        """Hold two sizes to be equal; gives the better known one."""
        match compare(left, right):
            case "different":
                self.refuse("size", message, input=input, help=help or None)
            case "unknown":
                self.require(Need(left=left, right=right, relation="==", text=message))
            case _:
                pass
        return left if left.value is not None else right

    def at_least(
        self,
        left: Dim,
        right: Dim,
        message: str,
        *,
        argument: str | None = None,
        help: str | None = None,
        input: int | None = 0,
    ) -> None:
        """Hold one size to be no smaller than another."""
        slack = lowest(left - right)
        if slack is not None and slack >= 0:
            return
        excess = lowest(right - left)
        if excess is not None and excess > 0:
            self.refuse("size", message, argument=argument, input=input, help=help)
        else:
            self.require(Need(left=left, right=right, relation=">=", text=message))

    def require(self, need: Need) -> None:
        """Note what must hold once the sizes are known."""
        if need not in self.needs:
            self.needs.append(need)

    def broadcast(self, left: TensorType, right: TensorType, input: int | None = None) -> Shape:
        """The shape that two tensors give together."""
        bindings = Bindings()
        shape = broadcast(left.shape, right.shape, bindings)
        if isinstance(shape, Clash):
            self.refuse(
                "size",
                f"`{self.name}` cannot join {left.dims()} and {right.dims()}",
                input=input,
                notes=(
                    f"dimension {shape.position} is {shape.left} in one and {shape.right} in the "
                    "other; sizes must agree or be 1",
                ),
            )
            return left.shape
        for a, b in bindings.equalities:
            text = f"`{self.name}` joins {left.dims()} and {right.dims()}"
            self.require(Need(left=a, right=b, relation="==", text=text))
        return shape

    # --- arguments ----------------------------------------------------------------------------

    def imply(self, name: str, value: Implied) -> None:
        """Have the call written with an argument that the text leaves away."""
        if name not in self.given:
            self.implied[name] = value

    def tensor(self, name: str) -> TensorType:
        """The tensor argument of that name."""
        value = self.arguments[name]
        assert isinstance(value, TensorType)
        return value

    def integer(self, name: str) -> int:
        """The whole-number argument of that name, which binding has checked."""
        return as_int(self.arguments[name])

    def flag(self, name: str) -> bool:
        """The truth value of that name; false where it is not declared."""
        return bool(self.arguments.get(name, False))

    def axis(self, value: Operand, rank: int, argument: str | int | None = "dim") -> int:
        """A dimension counted from the front, given from either end; refused out of range."""
        if isinstance(value, Dim) and value.value is None:
            self.refuse(
                "unknown-size",
                f"the dimension of `{self.name}` must be known now, not `{value}`",
                argument=argument,
            )
            return 0
        number = as_int(value)
        if not -rank <= number < rank:
            self.refuse("value", *_out_of_range(self.name, number, rank), argument=argument)
            return 0
        return number % rank if rank else 0

    def axes(self, value: Operand, rank: int, argument: str | int | None = "dim") -> list[int]:
        """Several dimensions counted from the front, each at most once."""
        items = value if isinstance(value, tuple) else (value,)
        found = [self.axis(item, rank, argument) for item in items]
        if len(set(found)) < len(found) and self.refusal is None:
            self.refuse(
                "value", f"`{self.name}` names a dimension more than once", argument=argument
            )
        return found

    def known(self, size: Dim, what: str, *, input: int | None = 0) -> int:
        """The number a size is; refused when it is known only at run time."""
        if size.value is None:
            self.refuse(
                "unknown-size",
                f"`{self.name}` needs to know {what}, which is `{size}`",
                input=input,
                notes=("its weights are made before any data is seen",),
                help="give the size as a number where it comes from, in `input` or the data",
            )
            return 1
        return size.value


def _out_of_range(name: str, number: int, rank: int) -> tuple[str]:
    if rank == 0:
        return (f"`{name}` names dimension {number} of a tensor that has none",)
    last = "only dimension 0" if rank == 1 else f"the dimensions 0 to {rank - 1}"
    return (f"`{name}` names dimension {number} of a tensor that has {last}",)


def too_large(name: str) -> Refusal:
    """The refusal of a call whose sizes have more than 18 digits."""
    return Refusal(
        reason="size",
        message=f"`{name}` makes a tensor with a size of more than 18 digits",
        help="lower the count of a loop, or the sizes",
    )


def too_many_dimensions(name: str, outputs: Sequence[TensorType]) -> Refusal | None:
    """The refusal of a call that makes a tensor of more dimensions than torch reduces."""
    most = max((output.rank for output in outputs), default=0)
    if most <= MAX_RANK:
        return None
    return Refusal(
        reason="rank",
        message=f"`{name}` makes a tensor of {most:,} dimensions, more than {MAX_RANK}",
        help="lower the count of a loop, or leave dimensions of size 1 away",
    )


def as_int(value: Operand) -> int:
    """A whole number that binding or a rule has checked to be one."""
    if isinstance(value, Dim):
        value = value.value
    assert isinstance(value, int)
    return value


def as_dim(value: Operand) -> Dim:
    """A size given as a number or a `Dim`."""
    assert isinstance(value, int | Dim)
    return Dim.of(value)


def component(value: Operand, axis: int) -> int:
    """The part of an int-or-tuple argument for one spatial axis."""
    return as_int(value[axis]) if isinstance(value, tuple) else as_int(value)


Arguments = Mapping[str, Operand]
