"""Where a run went wrong: the layer that failed, or the first one whose output was not finite."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from netspec import allowed
from netspec.codegen.user_names import criteria_of, externs_of
from netspec.diagnostics.record import Diagnostic
from netspec.program.graph import Model
from netspec.runner.errors import (
    cannot_compile,
    layer_failed,
    not_finite,
    optimizer_refuses,
    out_of_memory,
)
from netspec.runner.evaluate import evaluation
from netspec.runner.job import Job, Position, Turn
from netspec.runner.loop import epochs
from netspec.runner.measure import measure
from netspec.runner.optimizer import memory
from netspec.source import Span

# A larger module is not copied for a replay: the copy would cost more than the answer is worth.
LARGEST_COPY = 2**28


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything that training changes, at the start of an epoch."""

    epoch: int
    taken: int
    weights: dict[str, Tensor]
    optimizers: list[dict[str, Any]]
    rates: list[dict[str, Any]]
    random: Tensor
    device_random: Tensor | None

    @classmethod
    def take(cls, job: Job, position: Position) -> Snapshot | None:
        """Copy the state of a run, unless it is large."""
        if sum(memory(turn.optimizer) for turn in job.turns) > LARGEST_COPY:
            return None
        on_card = job.device.type == "cuda"
        return cls(
            epoch=position.epoch,
            taken=position.taken,
            weights={name: tensor.clone() for name, tensor in job.module.state_dict().items()},
            optimizers=[copy.deepcopy(turn.optimizer.state_dict()) for turn in job.turns],
            rates=[copy.deepcopy(turn.rate.state()) for turn in job.turns],
            random=torch.get_rng_state(),
            device_random=torch.cuda.get_rng_state(job.device) if on_card else None,
        )

    def restore(self, job: Job) -> Position:
        """Put the state back; the position to go on from."""
        job.module.load_state_dict(self.weights)
        remembered = zip(job.turns, self.optimizers, self.rates, strict=True)
        for turn, optimizer, rate in remembered:
            turn.optimizer.load_state_dict(optimizer)
            turn.rate.restore(rate)
        torch.set_rng_state(self.random)
        if self.device_random is not None:
            torch.cuda.set_rng_state(self.device_random, job.device)
        for parameter in job.parameters:
            parameter.grad = None
        position = Position(epochs=self.epoch, steps=job.batches)
        position.epoch, position.taken = self.epoch, self.taken
        return position


class _Found(Exception):  # noqa: N818  # what is sought, not an error
    """What the replay was looking for."""

    def __init__(self, key: str | None, cause: str, label: str) -> None:
        super().__init__(cause)
        self.key, self.cause, self.label = key, cause, label
        self.turn: Turn | None = None
        self.value: float | None = None


def explain_not_finite(
    job: Job, turn: Turn, snapshot: Snapshot | None, *, epoch: int, value: float
) -> Diagnostic:
    """Replay from the snapshot up to the epoch in which a phase failed: what went wrong first.

    Without a snapshot the first batches are run with the weights as they are now.
    """
    position = Position(epochs=epoch, steps=job.batches)
    position.epoch, position.taken = epoch - 1, -1  # a step count that no plan's limit meets
    if snapshot is not None:
        position = snapshot.restore(job)
        position.epochs = epoch
    span, step = loss_span(turn), None
    cause, label = "no single layer's output was infinite", "this loss"
    with _watched(job) as watched:
        try:
            for _ in epochs(watched, position):
                pass
            measure(watched, watched.train)  # the last update of all may have been the bad one
        except _Found as found:
            step = position.step + 1 if snapshot is not None else None
            epoch = position.epoch if snapshot is not None else epoch
            cause, label = found.cause, found.label
            value = value if found.value is None else found.value
            span = loss_span(found.turn) if found.turn is not None else span
            if found.key is not None:
                span = span_of(job.network, found.key) or span
    return not_finite(span, epoch=epoch, value=value, cause=cause, label=label, step=step)


@contextmanager
def _watched(job: Job) -> Iterator[Job]:
    """The same job, whose layers, loss and gradients raise `_Found` at the first bad number."""

    def look(key: str, layer: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        if _finite(output):
            return
        shown = f"`{key}` ({type(layer).__name__})"
        if not all(_finite(value) for value in inputs):
            cause = f"the input of {shown} is the first tensor that is not finite"
            raise _Found(key, cause, "its input is not finite already")
        bad = [name for name, p in layer.named_parameters() if not _finite(p)]
        if bad:
            cause = f"the update before it left `{key}.{bad[0]}` with numbers that are not finite"
            raise _Found(key, cause, "its weights broke first")
        cause = f"the output of {shown} is the first that is not finite"
        raise _Found(key, cause, "the first output that is not finite")

    def watch(turn: Turn) -> Turn:
        def check_loss(*operands: Any) -> tuple[Tensor, ...]:
            values = turn.loss(*operands)
            if not _finite(values[0]):
                cause = "every layer's output is finite, but the loss made of them is not"
                found = _Found(None, cause, "this loss")
                found.turn, found.value = turn, values[0].item()
                raise found
            return values

        evaluate = evaluation(turn.phase, job.module, check_loss, turn.wiring, job.arithmetic)
        return replace(turn, loss=check_loss, evaluate=evaluate)

    def check_gradient(key: str, parameter: Tensor) -> None:
        if parameter.grad is not None and not _finite(parameter.grad):
            layer, _, name = key.rpartition(".")
            cause = f"the loss is finite, but its gradient with respect to `{key}` is not"
            raise _Found(layer or name, cause, "its gradient broke first")

    handles = [
        layer.register_forward_hook(
            lambda layer, inputs, output, key=key: look(key, layer, inputs, output)
        )
        for key, layer in job.module.named_modules()
        if not list(layer.children())
    ]
    handles += [
        parameter.register_post_accumulate_grad_hook(  # type: ignore[no-untyped-call]  # torch's
            lambda parameter, key=key: check_gradient(key, parameter)
        )
        for key, parameter in job.module.named_parameters()
        if parameter.requires_grad and job.arithmetic.scaler is None  # which skips infinite ones
    ]
    try:
        yield replace(job, turns=tuple(map(watch, job.turns)), average=None)
    finally:
        for handle in handles:
            handle.remove()


def _finite(value: object) -> bool:
    """Whether every float within is finite; tuples of tensors are looked into."""
    if isinstance(value, Tensor):
        return not value.is_floating_point() or bool(value.isfinite().all())
    if isinstance(value, tuple | list):
        return all(_finite(part) for part in value)
    return True


def explain_failure(job: Job, failure: Exception) -> Diagnostic | None:
    """Tell torch's error with the line of the layer that raised it; none if no layer did."""
    if job.plan.compile and _from_the_compiler(failure):
        reason = str(failure).strip().splitlines()[0]
        return cannot_compile(job.plan.span, device=str(job.device), reason=reason)
    layers = {id(layer): key for key, layer in job.module.named_modules() if key}
    key, trace = None, failure.__traceback__
    computed: Turn | None = None  # whose loss failed
    stepped: Turn | None = None  # whose optimizer failed
    while trace is not None:
        frame = trace.tb_frame
        mine = frame.f_locals.get("self")
        key = layers.get(id(mine), key)
        code = frame.f_code
        for turn in job.turns:
            if mine is turn.loss or code is getattr(inspect.unwrap(turn.loss), "__code__", None):
                computed = computed or turn
            if mine is turn.optimizer:
                stepped = stepped or turn
        trace = trace.tb_next
    if key is not None and computed is not None and computed.phase.applied:
        computed = None  # a loss that applies models is around each layer
    where = "the loss" if computed else f"layer `{key}`" if key else "the model"
    span = loss_span(computed) if computed else key and span_of(job.network, key)
    span = span or job.network.span
    # On the CPU torch raises a plain RuntimeError, told apart by its text alone.
    if isinstance(failure, torch.OutOfMemoryError) or "can't allocate memory" in str(failure):
        return out_of_memory(span, where=where, device=str(job.device), batch=job.plan.batch)
    losses = (extern for phase in job.plan.phases for extern in criteria_of(phase.loss))
    metrics = (metric.extern for metric in job.plan.metrics if metric.extern is not None)
    theirs = allowed.explain(failure, (*externs_of(job.network.graph), *losses, *metrics))
    if theirs is not None:
        return theirs.with_label(span, "while this ran")
    reason = str(failure).strip().splitlines()[0]
    if stepped is not None:
        choice = stepped.phase.optimizer
        return optimizer_refuses(choice.span, name=choice.name, reason=reason)
    if key is None and computed is None:
        return None
    return layer_failed(span, where=where, reason=reason)


def _from_the_compiler(failure: Exception) -> bool:
    """Whether torch.compile failed; its classes are not imported, which would take long."""
    homes = {kind.__module__ for kind in type(failure).__mro__}
    return any(home.startswith(("torch._dynamo", "torch._inductor")) for home in homes)


def span_of(network: Model, key: str) -> Span | None:
    """The place in the spec of the layer with this key."""
    return next((layer.span for name, layer in network.graph.layers() if name == key), None)


def loss_span(turn: Turn) -> Span:
    """The place in the spec of a loss: of its last step, which gives the value."""
    loss = turn.phase.loss
    return loss.steps[-1].span if loss.steps else loss.span
