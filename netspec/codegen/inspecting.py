"""Declarations held against their Python: what it takes, and what it gives for declared types.

A class is made and applied on torch's `meta` device, where tensors have types and no numbers, at
two sizes of each dimension that is not known; what cannot run there runs on the CPU, at small ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from netspec import allowed
from netspec.allowed import UserCodeError
from netspec.diagnostics import Diagnostic
from netspec.program import extern_errors as errors
from netspec.program.externs import Extern
from netspec.program.graph import Literal, Weight
from netspec.types import TensorType

Arguments = tuple[tuple[str, Literal], ...]
# What each symbol is taken to be: the n-th in a type is the n-th here, times the scale. Multiples
# of 16 divide as often as pooling and strides want them to; the two rows differ in every place.
SCALES = {"meta": 16, "cpu": 4}
SAMPLES = ((2, 1, 2, 3, 4, 5), (3, 2, 3, 4, 5, 6))
BATCH = "B"


class Inspection:
    """The Python of declarations, looked at as far as the user allowed."""

    def __init__(self, allow: Iterable[str]) -> None:
        self._allow = tuple(allow)
        self._weighed: dict[object, tuple[Weight, ...] | Diagnostic] = {}

    def allows(self, module: str) -> bool:
        """Whether the user named this module."""
        return allowed.allows(self._allow, module)

    def inspect(self, extern: Extern) -> Diagnostic | None:
        """What is wrong with its Python: where it is, what it is, what arguments it takes."""
        try:
            _made_by(extern)
        except UserCodeError as wrong:
            return wrong.diagnostic
        return None

    def weigh(
        self,
        extern: Extern,
        arguments: Sequence[tuple[str, Literal]],
        inputs: Sequence[TensorType],
        outputs: Sequence[TensorType],
    ) -> tuple[Weight, ...] | Diagnostic:
        """The weights of a layer or loss that makes `outputs` of `inputs`, or why it does not."""
        key = (extern.head, tuple(arguments), tuple(inputs), tuple(outputs))
        found = self._weighed.get(key)
        if found is None:
            try:
                found = _weigh(extern, tuple(arguments), tuple(inputs), tuple(outputs))
            except UserCodeError as wrong:
                found = wrong.diagnostic
            self._weighed[key] = found
        return found


def _made_by(extern: Extern) -> object:
    """The class or function, held against the declaration's kind and arguments."""
    value = allowed.load(extern)
    place = allowed.defined_at(value)
    given = _described(value)
    is_class = isinstance(value, type)
    advice = None
    match extern.kind:
        case "layer" | "loss":
            wanted, fits = "a subclass of `torch.nn.Module`", False
            if isinstance(value, type):
                fits = issubclass(value, nn.Module)
            elif isinstance(value, nn.Module):
                advice = "name the class, not an instance of it: each use makes its own"
        case "function":
            wanted, fits = "a function", callable(value) and not isinstance(value, type | nn.Module)
            if not fits and (isinstance(value, nn.Module) or is_class):
                advice = "what keeps tensors, or is a class, is declared as a `layer`"
        case "metric":
            wanted = "a class with `update` and `compute`"
            fits = is_class and _has(value, "update", "compute")
        case "transform":
            wanted = "a class with `fit` and `transform`"
            fits = is_class and _has(value, "fit", "transform")
        case _:
            wanted, fits = "a function", inspect.isfunction(value) or inspect.isbuiltin(value)
    if not fits:
        raise UserCodeError(errors.wrong_thing(extern, wanted, given, place, advice))
    assert callable(value)
    allowed.check_arguments(extern, value)
    return value


def _has(value: object, *names: str) -> bool:
    return all(callable(getattr(value, name, None)) for name in names)


def _described(value: object) -> str:
    match value:
        case type():
            return "a class that is none" if issubclass(value, nn.Module) else "another class"
        case _ if inspect.isroutine(value):
            return "a function"
        case nn.Module():
            return "a module already made"
        case _:
            return f"a value of type `{type(value).__name__}`"


# --- on types ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Trial:
    """A way to try a declaration out: where, and what the sizes are that nobody knows."""

    device: str
    sizes: dict[str, int]


def _trials(types: Iterable[TensorType], device: str) -> Iterator[_Trial]:
    symbols: dict[str, None] = {}
    for given in types:
        for dim in given.shape:
            symbols.update(dict.fromkeys(sorted(dim.symbols)))
    others = [name for name in symbols if name != BATCH]
    for batch, *factors in SAMPLES:
        sizes = {name: SCALES[device] * factors[n % len(factors)] for n, name in enumerate(others)}
        yield _Trial(device, {BATCH: batch, **sizes})


def _weigh(
    extern: Extern,
    arguments: Arguments,
    inputs: tuple[TensorType, ...],
    outputs: tuple[TensorType, ...],
) -> tuple[Weight, ...]:
    made_by = _made_by(extern)
    assert callable(made_by)
    # The random stream is the user's and the run's: nothing here moves it on.
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        try:
            return _tried(extern, made_by, arguments, inputs, outputs, "meta")
        except UserCodeError as wrong:
            if wrong.diagnostic.code != "NS6018":
                raise
        # What raised there may do well where there are numbers; if it does not, that is the report.
        return _tried(extern, made_by, arguments, inputs, outputs, "cpu")


def _tried(
    extern: Extern,
    made_by: Callable[..., object],
    arguments: Arguments,
    inputs: tuple[TensorType, ...],
    outputs: tuple[TensorType, ...],
    device: str,
) -> tuple[Weight, ...]:
    weights: tuple[Weight, ...] = ()
    for trial in _trials((*inputs, *outputs), device):
        module, applied = _applied(extern, made_by, arguments, device)
        if any(is_lazy(parameter) for parameter in module.parameters()):
            wanted, place = "a layer whose weights are made with it", allowed.defined_at(made_by)
            advice = "declare the size it waits for behind `;`, where it is inferred"
            made_late = "one that makes them when it is first applied"
            raise UserCodeError(errors.wrong_thing(extern, wanted, made_late, place, advice))
        given = [_sample(wanted, trial) for wanted in inputs]
        with allowed.raised_by_user(extern, f"on {_shapes(given)}"), torch.device(device):
            made = applied(*given)
        changed = next((n for n, tensor in enumerate(given, 1) if tensor._version), None)
        if changed is not None:
            place = allowed.defined_at(made_by)
            raise UserCodeError(errors.changes_input(extern, changed, len(given), place))
        defined = made_by if extern.kind == "function" else type(module).forward
        _compare(extern, defined, made, given, outputs, trial)
        weights = _weights(module)
    if extern.kind == "loss" and weights:
        names = [weight.name for weight in weights]
        place = allowed.defined_at(made_by)
        raise UserCodeError(errors.loss_keeps_tensors(extern, names, place))
    return weights


def _applied(
    extern: Extern, made_by: Callable[..., object], arguments: Arguments, device: str
) -> tuple[nn.Module, Callable[..., object]]:
    """What is applied to tensors, and the module that keeps its weights; a function keeps none."""
    if extern.kind == "function":
        return nn.Module(), partial(made_by, **dict(arguments))
    with allowed.raised_by_user(extern, "on being made"), torch.device(device):
        module = made_by(**dict(arguments))
    assert isinstance(module, nn.Module)
    return module, module


def _weights(module: nn.Module) -> tuple[Weight, ...]:
    return tuple(
        Weight(
            name=name,
            shape=tuple(tensor.shape),
            learned=isinstance(tensor, nn.Parameter) and tensor.requires_grad,
        )
        for name, tensor in module.state_dict(keep_vars=True).items()
        if isinstance(tensor, Tensor)
    )


def _sample(given: TensorType, trial: _Trial) -> Tensor:
    """A tensor of the type; numbers within what its kind allows."""
    shape = [dim.evaluate(trial.sizes) for dim in given.shape]
    kind = given.kind
    if kind.name == "bool":
        return torch.zeros(shape, dtype=torch.bool, device=trial.device)
    if kind.is_integer:
        return torch.zeros(shape, dtype=torch.int64, device=trial.device)
    made = torch.rand(shape, device=trial.device)
    match kind.name:
        case "prob" if shape:
            return made.softmax(-1)
        case "logprob" if shape:
            return made.log_softmax(-1)
        case _:
            return made


def _compare(
    extern: Extern,
    defined: object,
    made: object,
    given: Sequence[Tensor],
    outputs: Sequence[TensorType],
    trial: _Trial,
) -> None:
    """Hold what came out against what was declared to come out."""
    results = tuple(made) if isinstance(made, tuple | list) else (made,)
    place = allowed.defined_at(defined)
    said = _shapes(given)

    def refuse(message: str, *notes: str) -> UserCodeError:
        return UserCodeError(errors.gives_otherwise(extern, message, notes, place))

    strange = next((result for result in results if not isinstance(result, Tensor)), None)
    if strange is not None or (not results and outputs):
        what = f"a `{type(strange).__name__}`" if results else "nothing"
        raise refuse(f"`{extern.name}` gives {what}, which is no tensor", f"on {said}")
    if len(results) == len(outputs) == 1 and made is not results[0]:
        message = f"`{extern.name}` gives a `{type(made).__name__}` of one tensor"
        raise refuse(message, f"on {said}, where the tensor itself is declared")
    if len(results) != len(outputs):
        counts = f"{_tensors(len(results))}, and is declared to give {_tensors(len(outputs))}"
        raise refuse(f"`{extern.name}` gives {counts}", f"on {said}")
    for number, (result, wanted) in enumerate(zip(results, outputs, strict=True), 1):
        assert isinstance(result, Tensor)
        which = f"`{extern.name}`" if len(outputs) == 1 else f"result {number} of `{extern.name}`"
        shape = [dim.evaluate(trial.sizes) for dim in wanted.shape]
        if list(result.shape) != shape:
            note = f"on {said} it gives {_dims(result)}, and {shape} would be {wanted.dims()}"
            raise refuse(f"{which} does not give {wanted.dims()}", note)
        if not _is_of_kind(result, wanted):
            note = f"on {said} it gives numbers of `{result.dtype}`"
            raise refuse(f"{which} does not give `{wanted.kind}`", note)


def _is_of_kind(result: Tensor, wanted: TensorType) -> bool:
    if wanted.kind.is_float:
        return result.dtype == torch.float32  # as what went in: the next layer wants it so
    if wanted.kind.is_integer:
        return result.dtype == torch.int64
    return result.dtype == torch.bool


def _tensors(count: int) -> str:
    return "1 tensor" if count == 1 else f"{count} tensors"


def _dims(tensor: Tensor) -> str:
    return str(list(tensor.shape))


def _shapes(given: Sequence[Tensor]) -> str:
    return " and ".join(_dims(tensor) for tensor in given)
