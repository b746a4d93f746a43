"""Signatures against tensors: kinds and shapes that a declaration's pattern says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from netspec.catalog import kinds
from netspec.catalog.advice import (
    classes,
    classes_help,
    count_help,
    kind_help,
    outputs_help,
    rank_help,
)
from netspec.catalog.call import Call
from netspec.catalog.records import Need, Operand
from netspec.catalog.rules import SIZES
from netspec.syntax import tree
from netspec.types import Bindings, Capture, Dim, Fixed, Kind, Rest, TensorType, compare, unify
from netspec.types.unification import PatternItem, WrongRank, WrongSize


@dataclass(frozen=True)
class Signature:
    """A declaration's `inputs -> outputs`; not slotted, so that the parts are found once."""

    inputs: tuple[tree.TypeExpr, ...]
    outputs: tuple[tree.TypeExpr, ...]

    @cached_property
    def dims(self) -> tuple[str, ...]:
        """Each input's shape as the declaration writes it: `[B, C, H, W]`."""
        return tuple(_dims(pattern) for pattern in self.inputs)


def match_inputs(call: Call, signature: Signature, inferred: Sequence[str]) -> None:
    """Match the call's tensors against the signature; fills its sizes, kinds and inferred ones."""
    if not _check_count(call, signature):
        return
    bindings = Bindings()
    for name in inferred:
        value = call.arguments.get(name)
        if isinstance(value, int):
            bindings.sizes[name] = Dim.of(value)
    for position, pattern in enumerate(signature.inputs):
        match_kind(call, signature, position)
        _match_shape(call, signature, position, bindings)
        _match_index(call, pattern, position, bindings)
        if call.refusal is not None:
            return
    call.sizes.update(bindings.sizes)
    call.rest = bindings.rest or ()
    for left, right in bindings.equalities:
        text = f"`{call.name}` wants {left} and {right} to be equal"
        call.require(Need(left=left, right=right, relation="==", text=text))
    for name in inferred:
        if name in bindings.sizes:
            call.arguments[name] = call.known(bindings.sizes[name], f"the size it calls `{name}`")


def match_kinds(call: Call, signature: Signature, optional: int = 0) -> None:
    """Check the count and the kinds only, for an entry whose shapes a rule decides.

    `optional` further tensors may follow, of the last input's kind.
    """
    extra = len(call.inputs) - len(signature.inputs)
    if not 0 <= extra <= optional:
        _check_count(call, signature)
        return
    for position in range(len(signature.inputs)):
        match_kind(call, signature, position)


def outputs(call: Call, signature: Signature) -> tuple[TensorType, ...]:
    """The types that the signature gives."""
    return tuple(_output(call, pattern) for pattern in signature.outputs)


def _check_count(call: Call, signature: Signature) -> bool:
    wanted, given = len(signature.inputs), len(call.inputs)
    if wanted != given:
        call.refuse(
            "count",
            f"`{call.name}` takes {_tensors(wanted)}, not {given}",
            help=count_help(call, wanted),
        )
    return wanted == given


def _tensors(count: int) -> str:
    return "1 tensor" if count == 1 else f"{count} tensors"


def match_kind(call: Call, signature: Signature, position: int) -> None:
    """Check one input's kind, and note what a kind variable stands for."""
    pattern, given = signature.inputs[position], call.inputs[position]
    name = pattern.kind.id if pattern.kind is not None else "number"
    if name in kinds.VARIABLES:
        call.kinds.setdefault(name, given.kind)
    if kinds.accepts(name, given.kind):
        return
    if name == "fraction" and given.kind.name == "index":
        call.refuse(
            "classes",
            f"`{call.name}` tells two classes apart, and its target has {given.kind.size}",
            input=position,
            help="for more than two classes use `CrossEntropyLoss`",
        )
        return
    wanted = kinds.WORDS[kinds.VARIABLES.get(name, name)]
    call.refuse(
        "kind",
        f"`{call.name}` wants {wanted} (`{name}`), not {kinds.WORDS[given.kind.name]} "
        f"(`{given.kind}`)",
        input=position,
        help=kind_help(call, name, given, position),
    )


def _match_shape(call: Call, signature: Signature, position: int, bindings: Bindings) -> None:
    pattern, given = signature.inputs[position], call.inputs[position]
    items = tuple(_item(call, dim, bindings) for dim in pattern.dims or ())
    mismatch = unify(items, given.shape, bindings)
    if mismatch is None:
        return
    if len(call.inputs) > 1 and position > 0:
        _compare(call, given, mismatch, position)
    elif isinstance(mismatch, WrongRank):
        wanted = signature.dims[position]
        call.refuse(
            "rank",
            f"`{call.name}` wants {wanted}, not {given.dims()}",
            input=position,
            help=rank_help(call, mismatch, given),
        )
    elif mismatch.name is not None and mismatch.name in call.given:
        call.refuse(
            "size",
            f"`{call.name}` is told `{mismatch.name}={mismatch.wanted}`, and its input "
            f"{given.dims()} has {mismatch.given}",
            argument=mismatch.name,
            input=position,
            help=f"leave `{mismatch.name}` away: it is inferred",
        )
    else:
        call.refuse(
            "size",
            f"`{call.name}` wants {mismatch.wanted} at dimension {mismatch.position} of "
            f"{given.dims()}, which has {mismatch.given}",
            input=position,
        )


def _compare(call: Call, given: TensorType, mismatch: WrongRank | WrongSize, position: int) -> None:
    call.refuse(
        "rank" if isinstance(mismatch, WrongRank) else "size",
        f"`{call.name}` compares {call.inputs[0].dims()} with {given.dims()}",
        input=position,
        notes=()
        if isinstance(mismatch, WrongRank)
        else (
            f"dimension {mismatch.position} of the second is {mismatch.given}, not "
            f"{mismatch.wanted}",
        ),
        help=outputs_help(call, given, mismatch),
    )


def _match_index(call: Call, pattern: tree.TypeExpr, position: int, bindings: Bindings) -> None:
    """`index(C)`: as many classes as the size that C stands for."""
    given = call.inputs[position].kind
    if call.refusal is not None or not pattern.args or given.name != "index" or given.size is None:
        return
    wanted = _size(call, pattern.args[0], bindings.sizes)
    match compare(given.size, wanted):
        case "different":
            call.refuse(
                "classes",
                f"`{call.name}` is given scores of {classes(wanted)}, and a target of {given.size}",
                input=position,
                help=classes_help(wanted, given.size, call.inputs[0]),
            )
        case "unknown":
            text = f"`{call.name}` wants {wanted} classes"
            call.require(Need(left=given.size, right=wanted, relation="==", text=text))
        case _:
            pass


def _item(call: Call, dim: tree.Expr | tree.Dots, bindings: Bindings) -> PatternItem:
    match dim:
        case tree.Dots():
            return Rest()
        case tree.Name(id=name) if name not in call.arguments or name in bindings.sizes:
            return Capture(name)
        case _:
            return Fixed(_size(call, dim, bindings.sizes))


def _output(call: Call, pattern: tree.TypeExpr) -> TensorType:
    shape: list[Dim] = []
    axis = 0
    for dim in pattern.dims or ():
        if isinstance(dim, tree.Dots):
            shape.extend(call.rest)
            continue
        if isinstance(dim, tree.Call):
            shape.append(_sized(call, dim, axis))
            axis += 1
        else:
            shape.append(_size(call, dim, call.sizes))
    return TensorType(_kind(call, pattern), tuple(shape))


def _kind(call: Call, pattern: tree.TypeExpr) -> Kind:
    name = pattern.kind.id if pattern.kind is not None else "real"
    if name in call.kinds:
        return call.kinds[name]
    if name in kinds.FUNCTIONS:
        (variable,) = pattern.args
        assert isinstance(variable, tree.Name)
        return kinds.FUNCTIONS[name](call.kinds[variable.id])
    size = _size(call, pattern.args[0], call.sizes) if pattern.args else None
    return Kind(name, size)


def _sized(call: Call, dim: tree.Call, axis: int) -> Dim:
    """A size function of the declaration: `window(H, kernel_size, ...)`."""
    assert isinstance(dim.func, tree.Name)
    size, *rest = dim.args
    operands = [_operand(call, argument) for argument in rest]
    return SIZES[dim.func.id](call, axis, _size(call, size, call.sizes), *operands)


def _operand(call: Call, expression: tree.Expr) -> Operand:
    match expression:
        case tree.Name(id=name):
            return call.arguments[name]
        case tree.Number(value=value) | tree.Constant(value=value):
            return value
        case _:
            raise ValueError(f"a size function is given {expression.span.text}")


def _size(call: Call, dim: tree.Expr | tree.Dots, sizes: dict[str, Dim]) -> Dim:
    match dim:
        case tree.Number(value=int() as value):
            return Dim.of(value)
        case tree.Name(id=name) if name in sizes:
            return sizes[name]
        case tree.Name(id=name):
            stated = call.arguments.get(name)
            if isinstance(stated, int | Dim):
                return Dim.of(stated)
        case tree.Binary(op="*", left=left, right=right):
            return _size(call, left, sizes) * _size(call, right, sizes)
        case tree.Binary(op="+", left=left, right=right):
            return _size(call, left, sizes) + _size(call, right, sizes)
        case tree.Binary(op="-", left=left, right=right):
            return _size(call, left, sizes) - _size(call, right, sizes)
        case tree.Binary(op="//" | "%" as op, left=left, right=right):
            return _divided(call, op, _size(call, left, sizes), _size(call, right, sizes))
        case _:
            pass
    raise ValueError(f"a declaration writes a size that is none: {dim.span.text}")


def _divided(call: Call, op: str, size: Dim, divisor: Dim) -> Dim:
    if divisor.value is None or divisor.value < 1:
        call.refuse("value", f"`{call.name}` divides a size by {divisor}")
        return size
    return size // divisor.value if op == "//" else size % divisor.value


def _dims(pattern: tree.TypeExpr) -> str:
    return "[" + ", ".join(dim.span.text for dim in pattern.dims or ()) + "]"
