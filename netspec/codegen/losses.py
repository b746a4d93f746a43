"""What `train` computes as functions: the loss of outputs and fields, and sheets of samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from netspec.analysis.network.builder import snake_case
from netspec.codegen import layout
from netspec.codegen.constructors import in_order, layer_call
from netspec.codegen.forward import Forward
from netspec.codegen.layout import Expr
from netspec.codegen.names import LOCAL, identifier, local, unused
from netspec.codegen.surroundings import Child, Surroundings
from netspec.codegen.user_names import name_of
from netspec.program.graph import (
    Compute,
    Graph,
    Invoke,
    Layer,
    Literal,
    Operand,
    Sequence,
    Step,
)
from netspec.program.train import Phase, Sheet

# The function of torch.nn.functional that each criterion's `forward` calls; calling it directly
# saves a module call at every step.
FUNCTIONS = {
    "torch.nn.BCELoss": "binary_cross_entropy",
    "torch.nn.BCEWithLogitsLoss": "binary_cross_entropy_with_logits",
    "torch.nn.CTCLoss": "ctc_loss",
    "torch.nn.CosineEmbeddingLoss": "cosine_embedding_loss",
    "torch.nn.CrossEntropyLoss": "cross_entropy",
    "torch.nn.GaussianNLLLoss": "gaussian_nll_loss",
    "torch.nn.HingeEmbeddingLoss": "hinge_embedding_loss",
    "torch.nn.HuberLoss": "huber_loss",
    "torch.nn.KLDivLoss": "kl_div",
    "torch.nn.L1Loss": "l1_loss",
    "torch.nn.MSELoss": "mse_loss",
    "torch.nn.MarginRankingLoss": "margin_ranking_loss",
    "torch.nn.MultiLabelMarginLoss": "multilabel_margin_loss",
    "torch.nn.MultiLabelSoftMarginLoss": "multilabel_soft_margin_loss",
    "torch.nn.MultiMarginLoss": "multi_margin_loss",
    "torch.nn.NLLLoss": "nll_loss",
    "torch.nn.PoissonNLLLoss": "poisson_nll_loss",
    "torch.nn.SmoothL1Loss": "smooth_l1_loss",
    "torch.nn.SoftMarginLoss": "soft_margin_loss",
    "torch.nn.TripletMarginLoss": "triplet_margin_loss",
    "torch.nn.TripletMarginWithDistanceLoss": "triplet_margin_with_distance_loss",
}

# The function that draws the pictures of a sheet.
SHEET = "draw_samples"


class NoSuchLossError(ValueError):
    """A criterion that has no function here."""


def function_name(phase: Phase) -> str:
    """What the function of a phase's loss is called."""
    return f"compute_{phase.name}_loss" if phase.name else "compute_loss"


def loss_lines(
    phase: Phase, names: Mapping[str, str] | None = None, reserved: Iterable[str] = ()
) -> Iterator[str]:
    """`def compute_loss(...)`: the loss, its named terms, and the prediction that metrics want."""
    said = "the loss and its terms" if phase.terms else "the loss"
    said += ", and the prediction" if phase.target is not None else ""
    yield from _function_lines(
        phase.loss, function_name(phase), f"Compute {said}.", names or {}, reserved
    )


def sheet_lines(
    sheet: Sheet, names: Mapping[str, str] | None = None, reserved: Iterable[str] = ()
) -> Iterator[str]:
    """`def draw_samples(...)`: the pictures of a sheet, drawn from the models it takes."""
    yield from _function_lines(sheet.graph, SHEET, "Draw pictures.", names or {}, reserved)


def _function_lines(
    graph: Graph, name: str, said: str, names: Mapping[str, str], reserved: Iterable[str]
) -> Iterator[str]:
    """A function of what a graph of `train` gives.

    It takes the models that it applies, then its inputs. Losses of the user's are made before it,
    under names that are not `reserved`; `names` are what their classes and the user's functions are
    called.
    """
    graph = _without_criteria(graph)
    criteria = _criteria_names(graph, {*reserved, *names.values()})
    for child in graph.children:
        if isinstance(child.module, Layer):
            yield from layout.lines(f"{criteria[child.key]} = ", _made(child.module, names), 0)
    if criteria:
        yield ""
        yield ""
    models = _model_names(graph)
    children = {key: Child(text=text, main=True, whole=True) for key, text in models.items()}
    children |= {key: Child(text=text, main=True, whole=False) for key, text in criteria.items()}
    around = Surroundings(
        child=children.__getitem__,
        constant=lambda path, value: layout.literal(value),
        indent=4,
        shapes=False,
        names=names,
    )
    reserved = frozenset(models.values())
    statements = Forward(graph, around, unnamed="output", reserved=reserved)
    arguments = [Expr(f"{model}: nn.Module") for model in models.values()]
    arguments += [Expr(f"{given}: Tensor") for given in statements.inputs]
    count = len(graph.outputs)
    result = "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
    opening = layout.call(name, arguments)
    yield from layout.lines("def ", opening, 0, f" -> {result}:")
    yield f'    """{said}"""'
    yield from statements.lines()


def _model_names(graph: Graph) -> dict[str, str]:
    """What the function calls each model that it applies, by the model's name.

    No value of the graph is called so: a field and a model may differ in their capitals only.
    """
    taken = {local(slot.name) for slot in graph.slots().values() if slot.name}
    names: dict[str, str] = {}
    for child in graph.children:
        if isinstance(child.module, Graph):
            wanted = local(snake_case(child.key))
            names[child.key] = unused(f"{wanted}_model" if wanted in taken else wanted, taken)
            taken.add(names[child.key])
    return names


def _criteria_names(graph: Graph, reserved: Iterable[str]) -> dict[str, str]:
    """What each loss of the user's is called that is made before the function."""
    taken = {slot.name for slot in graph.slots().values() if slot.name is not None}
    taken |= {*LOCAL, *reserved}
    names: dict[str, str] = {}
    for child in graph.children:
        if isinstance(child.module, Layer):
            # `FocalLoss` as `FOCAL_LOSS`.
            parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", child.module.name)
            names[child.key] = unused(identifier(parted.upper()), taken)
            taken.add(names[child.key])
    return names


def _without_criteria(graph: Graph) -> Graph:
    """The same graph with each criterion of torch's as the function it calls."""
    modules = {child.key: child.module for child in graph.children}
    steps: list[Step] = []
    for step in graph.steps:
        module = modules[step.child] if isinstance(step, Invoke) else None
        if isinstance(step, Invoke) and isinstance(module, Layer) and module.extern is None:
            steps.append(_as_function(step, module))
        else:
            steps.append(step)
    kept = tuple(
        child
        for child in graph.children
        if isinstance(child.module, Graph)
        or (isinstance(child.module, Layer) and child.module.extern is not None)
    )
    return replace(graph, children=kept, steps=tuple(steps))


def _made(layer: Layer, names: Mapping[str, str]) -> Expr:
    given = dict(layer.arguments)
    written = {name: layout.literal(value) for name, value in given.items()}
    return layer_call(layer, name_of(layer, names), given, written)


def _as_function(step: Invoke, layer: Layer) -> Compute:
    function = FUNCTIONS.get(layer.target)
    if function is None:
        raise NoSuchLossError(f"{layer.target!r} is no criterion that can be written")
    keywords = tuple(
        (parameter.name, _operand(value))
        for parameter, value in in_order(layer)
        if not parameter.is_default(value)
    )
    return Compute(
        span=step.span,
        function=function,
        operands=step.operands,
        keywords=keywords,
        results=step.results,
    )


def _operand(value: Literal) -> Operand:
    if isinstance(value, tuple):
        return Sequence(tuple(_operand(item) for item in value))
    return value
