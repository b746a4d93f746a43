"""Layers that the loss does not hang on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from netspec.analysis.lints.flow import Applied, Flow
from netspec.analysis.lints.subject import Subject
from netspec.diagnostics import Diagnostic, Label, code, warning
from netspec.program.state import learned, state
from netspec.source import Span

# Steps without a slope. `detach` is not among them: whoever writes it means it.
FLAT = frozenset({"sign", "round", "floor", "//"})
EMPTY = frozenset({"zeros_like", "ones_like", "randn_like", "rand_like"})
SOFTMAXES = frozenset({"Softmax", "Softmin", "LogSoftmax"})
MOST_SHOWN = 3


@code("NS8005")
def dead_parameters(layers: Sequence[tuple[Span, str]], cuts: Sequence[Label]) -> Diagnostic:
    """A layer's parameters can never learn.

    A parameter learns from the gradient of the loss. There is none when the loss does not look at
    what the layer gives, or when something on the way has no slope: a comparison, `argmax`,
    `round`, a `Softmax` over a single number, which is always 1. The layer then keeps its random
    weights. Behind `detach` that is wanted, and not reported, but for what a phase is to update.

    Silence it with `# netspec: allow[dead-parameters]`.

    Wrong:

        data { load_iris() }
        model {
          input x
          h = x -> Linear(16) -> ReLU
          scores = h -> Linear(3)
          other = h -> Linear(2)
          output scores, other
        }
        train {
          loss      = CrossEntropyLoss(scores, y)
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:

        data { load_iris() }
        model {
          input x
          h = x -> Linear(16) -> ReLU
          h -> Linear(3)
        }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    (first, name), *others = layers
    count = f"{len(layers)} layers" if others else f"`{name}`"
    shown = tuple(Label(span, "nor this one") for span, _ in others[:MOST_SHOWN])
    why = () if cuts else ("the loss looks at nothing that is made from it",)
    uncut = "leave out the step that no gradient passes through"
    return warning(
        f"the parameters of {count} never learn",
        first,
        "no gradient reaches this",
        also=(*shown, *cuts),
        notes=why,
        help=uncut if cuts else "let the loss use it, or take it out",
    )


def find(subject: Subject) -> Iterator[Diagnostic]:
    """Layers with weights that no gradient of their loss reaches, in one report a phase."""
    plan, network = subject.plan, subject.program.network
    if plan is None or network is None:
        return
    phases = plan.phases
    patterns = [pattern for line in plan.frozen for pattern in line.patterns]
    free = {one.name for one in learned(state(network.graph), patterns)}
    for phase, flow in zip(phases, subject.trainings, strict=True):
        updates = free if phase.updates is None else free.intersection(phase.updates)
        layers = {name.rpartition(".")[0] for name in updates}
        moved = layers | updates  # a stored parameter is no layer's
        yield from _in(flow, moved, phased=phase.updates is not None)


def _in(flow: Flow, moved: AbstractSet[str], *, phased: bool) -> Iterator[Diagnostic]:
    """The layers of a flow that are to move, by their keys; `phased` when a phase says so."""
    alive = {flow.outputs[0]}
    reached: set[str] = set()
    cuts: list[Applied] = []
    for step in reversed(flow.applied):
        if alive.isdisjoint(step.results):
            continue
        cuts_off = phased and step.name == "detach"
        if step.operands and (cuts_off or _is_flat(flow, step)):
            cuts.append(step)
            continue
        alive.update(step.operands)
        reached.add(step.key)
    dead = [
        step
        for step in flow.applied
        if step.learns and step.key not in reached and step.key in moved
    ]
    if dead:
        layers = {step.span: step.name for step in dead}
        yield dead_parameters(tuple(layers.items()), tuple(_blamed(flow, dead, cuts)))


def _blamed(flow: Flow, dead: Sequence[Applied], cuts: Sequence[Applied]) -> Iterator[Label]:
    """Of the steps without a slope those that something dead leads to, once a place."""
    led = {value for step in dead for value in step.results}
    for step in flow.applied:
        if not led.isdisjoint(step.operands):
            led.update(step.results)
    places = {cut.span: cut.name for cut in cuts if not led.isdisjoint(cut.operands)}
    for span, name in places.items():
        yield Label(span, f"no gradient passes through `{name}`")


def _is_flat(flow: Flow, step: Applied) -> bool:
    """Whether the slope is 0 everywhere, or there is none."""
    if step.name in FLAT | EMPTY and step.layer is None:
        return True
    if step.layer is not None and step.name in SOFTMAXES:
        dim = dict(step.layer.arguments).get("dim")
        shape = flow.types[step.results[0]].shape
        if isinstance(dim, int) and -len(shape) <= dim < len(shape) and shape[dim].value == 1:
            return True
    return not any(flow.types[value].kind.is_float for value in step.results)
