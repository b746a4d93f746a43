"""A model of the zoo beside a reference that is not ours: what is compared, and the comparison."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from renaming import Names
from torch import Tensor, nn

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.program import Program
from netspec.program.graph import Model
from netspec.runner.evaluate import evaluation
from netspec.runner.job import Wiring

ZOO = Path(__file__).parents[2] / "specs" / "zoo"
HANDWRITTEN = Path(__file__).parent / "handwritten"

Outputs = tuple[Tensor, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A model of a spec, and what it is held against.

    `full` makes the reference at the sizes that the spec has by default (it is called on the meta
    device, and its parameters are counted), `small` at those of the entry's `small`; without it,
    `full` is given those that it takes. `inputs` are drawn for the small one, by the names of the
    model's inputs. `call` runs the reference on them and gives its outputs in the order of the
    model's. `names` is the stem of a file of `names/`, where the reference calls its weights
    otherwise. `by_hand` is the handwritten module, where it is not the reference and its weights
    are called as ours: it is given the entry's `small` alike, and the inputs by position.
    It has no parameters where it does not learn (`learns`).
    """

    full: Callable[..., nn.Module]
    inputs: Callable[[torch.Generator], Mapping[str, Tensor]]
    call: Callable[[nn.Module, Mapping[str, Tensor]], Tensor | Outputs]
    small: Callable[[], nn.Module] | None = None
    model: str = ""
    names: str | None = None
    by_hand: Callable[..., nn.Module] | None = None
    learns: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """What a spec minimises, of a phase that has a name, and the same written by hand.

    `fields` draws a batch of the data for the small models, by the names of its fields. `call`
    takes the references by the names of their models, and the batch, and gives the loss, or the
    loss and its named terms in the order of the spec. Each side starts from the same seed, and so
    has to draw the same random numbers in the same order.
    """

    fields: Callable[[torch.Generator], Mapping[str, Tensor]]
    call: Callable[[Mapping[str, nn.Module], Mapping[str, Tensor]], Tensor | Outputs]
    phase: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A spec of the zoo.

    `source` is the paper, `reference` what the outputs are held against, in a few words;
    `parameters` how many there are at full size, all models together; `small` the params that
    make it quick. Its lines are counted against those of `handwritten/NAME.py`. `losses` are those
    that are more than a loss of the catalogue by its name.
    """

    title: str
    source: str
    reference: str
    parameters: int
    small: Mapping[str, int | float | str | list[int]]
    parts: tuple[Part, ...]
    losses: tuple[Objective, ...] = ()


@functools.cache
def entry(name: str) -> Entry:
    """What is known of `specs/zoo/NAME.net`."""
    module = __import__(f"entries.{name}", fromlist=["ENTRY"])
    found = module.ENTRY
    assert isinstance(found, Entry)
    return found


@functools.cache
def program(name: str, *, small: bool = False) -> Program:
    """The checked spec; not even a lint may have something to say."""
    sink = Sink()
    source = driver.read(ZOO / f"{name}.net", sink)
    assert source is not None
    params = {key: str(value) for key, value in entry(name).small.items()} if small else {}
    checked = driver.check(source, sink, params)
    assert not sink.diagnostics, [item.message for item in sink.diagnostics]
    assert checked is not None
    return checked


def model(checked: Program, part: Part) -> Model:
    """The model of a program that a part is about: the one of its name, or the only one."""
    if not part.model:
        assert checked.model is not None
        return checked.model
    return next(model for model in checked.models if model.name == part.model)


def translated(ours: nn.Module, reference: nn.Module, stem: str | None) -> dict[str, Tensor]:
    """The reference's weights by our names; all of both must find their place."""
    names = Names.read(stem)
    kept = reference.state_dict()
    state: dict[str, Tensor] = {}
    taken: set[str] = set()
    for key, tensor in ours.state_dict().items():
        theirs = names.theirs(key)
        missing = [name for name in theirs if name not in kept]
        assert not missing, f"{key}: the reference has no {missing}, but {sorted(kept)}"
        value = torch.cat([kept[name] for name in theirs]) if theirs[1:] else kept[theirs[0]]
        if names.is_transposed(key):
            value = value.transpose(0, -1)
        assert value.shape == tensor.shape, (key, tuple(value.shape), tuple(tensor.shape))
        state[key] = value
        taken.update(theirs)
    left = {key for key in kept.keys() - taken if not names.is_unused(key)}
    assert not left, f"of the reference, nothing takes {sorted(left)}"
    return state


@dataclass(frozen=True, slots=True)
class Difference:
    """The largest differences from a reference: of outputs or losses, and of gradients."""

    outputs: float
    gradients: float


def made_small(name: str, make: Callable[..., nn.Module]) -> nn.Module:
    """A module at the sizes of the entry's `small`; those of the data alone it does not take."""
    taken = inspect.signature(make).parameters
    return make(**{key: value for key, value in entry(name).small.items() if key in taken})


def pair(name: str, part: Part) -> tuple[nn.Module, nn.Module]:
    """Our model and the reference, small, with the same random weights."""
    torch.manual_seed(5)
    reference = part.small() if part.small else made_small(name, part.full)
    with torch.no_grad():
        for key, tensor in reference.named_buffers():
            if key.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            elif key.endswith("running_mean"):
                tensor.normal_()
    ours = codegen.build_model(model(program(name, small=True), part), f"{name}.net")
    ours.load_state_dict(translated(ours, reference, part.names), strict=True)
    return ours.eval(), reference.eval()


def compared(name: str, part: Part) -> Difference:
    """Run both on the same input in eval mode, and send one loss back through each.

    The loss weighs every output by its own random number, so that no gradient cancels. Gradients
    are compared as shares of the largest of the reference, outputs as they are.
    """
    ours, reference = pair(name, part)
    inputs = part.inputs(torch.Generator().manual_seed(1))
    given = placed(name, part, inputs)
    got, wanted = outputs(ours(*given)), outputs(part.call(reference, inputs))
    assert [tuple(one.shape) for one in got] == [tuple(one.shape) for one in wanted]
    assert all(bool(one.isfinite().all()) for one in wanted)
    assert max(float(one.detach().abs().max()) for one in wanted) > 1e-3, "nothing to compare"
    apart = max(float((a - b).detach().abs().max()) for a, b in zip(got, wanted, strict=True))
    if not [*reference.parameters()]:
        assert not [*ours.parameters()]
        return Difference(apart, 0.0)
    for results in (got, wanted):
        torch.autograd.backward(weighed(results))
    return Difference(apart, _gradients(ours, reference, part.names) / _largest([reference]))


def placed(name: str, part: Part, inputs: Mapping[str, Tensor]) -> list[Tensor]:
    """Inputs by their places: the `forward` of a sequence has its own name for what it takes."""
    slots = model(program(name, small=True), part).graph.inputs
    return [inputs[slot.name or "x"] for slot in slots]


def weighed(results: Outputs) -> list[Tensor]:
    """A number of each output, in which every element has a random weight of its own."""
    generator = torch.Generator().manual_seed(2)
    weights = [torch.randn(one.shape, generator=generator) for one in results]
    return [(one * weight).mean() for one, weight in zip(results, weights, strict=True)]


def stepped(name: str, part: Part) -> tuple[nn.Module, nn.Module, dict[str, Tensor]]:
    """Both after one step of descent in training, dropout aside, and our weights before it."""
    ours, reference = pair(name, part)
    before = {key: tensor.clone() for key, tensor in ours.state_dict().items()}
    inputs = part.inputs(torch.Generator().manual_seed(1))
    given = placed(name, part, inputs)
    calls: tuple[tuple[nn.Module, Callable[[], object]], ...] = (
        (ours, lambda: ours(*given)),
        (reference, lambda: part.call(reference, inputs)),
    )
    for module, call in calls:
        module.train()
        for dropout in module.modules():
            if isinstance(dropout, nn.Dropout) or type(dropout).__name__.endswith("DropPath"):
                dropout.eval()
        torch.manual_seed(3)
        optimizer = torch.optim.SGD(module.parameters(), lr=1.0)
        torch.autograd.backward(weighed(outputs(call())))
        optimizer.step()
    return ours, reference, before


def compared_loss(name: str, objective: Objective) -> Difference:
    """Compute the loss on the same batch in both, as in training, and send it back through each.

    The runner's own function computes ours. Values are compared as shares of the largest, since a
    sum over pixels may be in the hundreds, and gradients as shares of the largest of all models.
    """
    checked = program(name, small=True)
    assert checked.train is not None
    phase = next(one for one in checked.train.phases if one.name == objective.phase)
    pairs = {model(checked, part).name: (part, *pair(name, part)) for part in entry(name).parts}
    ours = nn.ModuleDict({key: one.train() for key, (_, one, _) in pairs.items()})
    references = {key: one.train() for key, (_, _, one) in pairs.items()}
    fields = objective.fields(torch.Generator().manual_seed(1))
    first = entry(name).parts[0]
    evaluate = evaluation(
        phase,
        ours if phase.applied else ours[model(checked, first).name],
        codegen.build_loss(phase),
        Wiring.between(model(checked, first), phase, tuple(fields)),
    )
    torch.manual_seed(3)
    got, _ = evaluate(tuple(fields.values()))
    torch.manual_seed(3)
    wanted = outputs(objective.call(references, fields))
    assert len(got) == len(wanted) == len(phase.measured), phase.measured
    assert all(one.shape == () and bool(one.isfinite()) for one in (*got, *wanted))
    apart = max(float((a - b).detach().abs()) for a, b in zip(got, wanted, strict=True))
    for loss, *_ in (got, wanted):
        torch.autograd.backward(loss)
    furthest = max(_gradients(mine, theirs, part.names) for part, mine, theirs in pairs.values())
    return Difference(
        apart / max(float(one.detach().abs()) for one in wanted),
        furthest / _largest(references.values()),
    )


def _largest(references: Iterable[nn.Module]) -> float:
    """The largest of all gradients; a model that the loss does not reach has none."""
    parameters = [p for reference in references for p in reference.parameters()]
    largest = max(float(p.grad.abs().max()) for p in parameters if p.grad is not None)
    assert largest > 0
    return largest


def _gradients(ours: nn.Module, reference: nn.Module, stem: str | None) -> float:
    """The largest difference of gradients; what has none has none in both."""
    names, theirs = Names.read(stem), dict(reference.named_parameters(remove_duplicate=False))
    apart = 0.0
    for key, parameter in ours.named_parameters():
        pieces = [theirs[name].grad for name in names.theirs(key)]
        found = [p for p in pieces if p is not None]
        if parameter.grad is None or len(found) != len(pieces):
            assert parameter.grad is None, key
            assert not found, key
            continue
        value = torch.cat(found) if found[1:] else found[0]
        if names.is_transposed(key):
            value = value.transpose(0, -1)
        apart = max(apart, float((parameter.grad - value).abs().max()))
    return apart


def outputs(result: object) -> Outputs:
    """A model's result as a tuple of tensors."""
    if isinstance(result, Tensor):
        return (result,)
    assert isinstance(result, tuple | list)
    return tuple(result)


def lines_of_code(text: str) -> int:
    """How many lines hold code: blank ones, comments and docstrings do not count."""
    lines = text.splitlines()
    counted = {n for n, line in enumerate(lines, 1) if line.strip() and line.strip()[0] != "#"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            said = node.body[0]
            counted -= set(range(said.lineno, (said.end_lineno or said.lineno) + 1))
    return len(counted)


def spec_lines(name: str) -> int:
    """The lines of a spec, all of them."""
    return len((ZOO / f"{name}.net").read_text(encoding="utf-8").splitlines())


def emitted(checked: Program) -> str:
    """The Python of a program's models, as it runs."""
    models: Iterable[Model] = checked.models
    return codegen.emit_models(tuple(models))


def handwritten(name: str) -> str:
    """The Python that a person wrote for the same model."""
    return (HANDWRITTEN / f"{name}.py").read_text(encoding="utf-8")
