"""The loss as a function of model outputs and data fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netspec.codegen import layout
from netspec.codegen.constructors import in_order
from netspec.codegen.forward import Child, Statements, Surroundings
from netspec.codegen.layout import Expr
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
from netspec.program.train import TrainPlan

LOSS_FUNCTION = "compute_loss"

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


class NoSuchLossError(ValueError):
    """A criterion that has no function here."""


def loss_lines(plan: TrainPlan) -> Iterator[str]:
    """`def compute_loss(...)`: the loss, followed by its named terms when there are any."""
    graph = _without_modules(plan.loss)
    around = Surroundings(
        child=_no_child,
        constant=lambda path, value: layout.literal(value),
        indent=4,
        shapes=False,
    )
    statements = Statements(graph, around, unnamed="output")
    arguments = [Expr(f"{name}: Tensor") for name in statements.inputs]
    count = len(graph.outputs)
    result = "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"
    yield from layout.lines("def ", layout.call(LOSS_FUNCTION, arguments), 0, f" -> {result}:")
    said = "the loss and its terms" if count > 1 else "the loss"
    yield f'    """Compute {said}."""'
    yield from statements.lines()


def _without_modules(graph: Graph) -> Graph:
    """The same graph with each criterion as the function it calls."""
    layers = {child.key: child.module for child in graph.children}
    steps: list[Step] = []
    for step in graph.steps:
        if isinstance(step, Invoke):
            layer = layers[step.child]
            assert isinstance(layer, Layer)
            steps.append(_as_function(step, layer))
        else:
            steps.append(step)
    return replace(graph, children=(), steps=tuple(steps))


def _as_function(step: Invoke, layer: Layer) -> Compute:
    function = FUNCTIONS.get(layer.target)
    if function is None:
        raise NoSuchLossError(f"{layer.target!r} is no criterion that can be written")
    keywords = tuple(
        (parameter.name, _operand(value))
        for parameter, value in in_order(layer.target, layer.arguments)
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


def _no_child(key: str) -> Child:
    raise KeyError(key)
