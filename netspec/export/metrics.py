"""Metrics as Python text: what a script computes from outputs and targets."""

from __future__ import annotations

from collections.abc import Mapping

from netspec.codegen.layout import Expr, call
from netspec.export.writing import Writer, arguments, mapping
from netspec.program.train import Choice, Task, TrainPlan

FROM_CONFUSION = ("precision", "recall", "f1")
FROM_RESIDUAL = ("mse", "rmse", "mae", "r2")

# Each metric from what `metrics_function` has at hand before it.
VALUES = {
    "accuracy": "correct / compared",
    "error": "1 - correct / compared",
    "top_k": "(best == meant.unsqueeze(1)).any(1).sum().item() / compared",
    "mse": "(residual.square().sum(0).mean() / compared).item()",
    "rmse": "(residual.square().sum(0).mean() / compared).sqrt().item()",
    "mae": "(residual.abs().sum(0).mean() / compared).item()",
    "r2": "(1 - residual.square().sum(0) / spread).mean().item()",
}
RATIOS = {
    "precision": "hits / predicted.clamp(min=1)",
    "recall": "hits / seen.clamp(min=1)",
    "f1": "2 * hits / (predicted + seen).clamp(min=1)",
}


def metrics_function(plan: TrainPlan, user_names: Mapping[str, str]) -> str:
    """`def metrics(output, target)`: every metric of the plan by name.

    `user_names` is what classes of the user's are called.
    """
    writer = Writer()
    names = {metric.name for metric in plan.metrics if metric.extern is None}
    own = {metric.name: f"own_{metric.name}" for metric in plan.metrics if metric.extern}
    with writer.block("def metrics(output: Tensor, target: Tensor) -> dict[str, float]:"):
        writer.line('"""Compare what was predicted with what was wanted."""')
        for metric in plan.metrics:
            if metric.extern is not None:
                made = call(user_names[metric.target], (), arguments(metric))
                writer.expression(f"{own[metric.name]} = ", made)
                writer.line(f"{own[metric.name]}.update(output, target)")
        if plan.task == "regression" and names:
            _residual(writer, names)
        elif names:
            _decisions(writer, plan.task, names)
        if names & set(FROM_CONFUSION):
            _confusion(writer, plan)
        for metric in plan.metrics:
            if metric.name == "top_k":
                k = min(int(str(dict(metric.arguments).get("k", 5))), plan.classes or 1)
                writer.line(f"best = output.topk({k}, dim=1).indices")
        values = {m.name: _value(m, plan) for m in plan.metrics if m.extern is None}
        values |= {name: f"float({kept}.compute())" for name, kept in own.items()}
        entries = [(f'"{m.name}": ', Expr(values[m.name])) for m in plan.metrics]
        writer.expression("return ", mapping(entries))
    return writer.text()


def _decisions(writer: Writer, task: Task, names: set[str]) -> None:
    if task == "classes":
        writer.line("said, meant = output.argmax(1), target")
    else:
        threshold = "0.5" if task == "binary_probability" else "0"
        writer.line(f"said = output.reshape(-1) > {threshold}")
        writer.line("meant = target.reshape(-1) > 0.5")
    if names & {"accuracy", "error"}:
        writer.line("correct = (said == meant).sum().item()")
    if names & {"accuracy", "error", "top_k"}:
        writer.line("compared = said.numel()")


def _residual(writer: Writer, names: set[str]) -> None:
    writer.line("meant = target.reshape(len(target), -1).double()")
    writer.line("residual = meant - output.reshape(meant.shape)")
    if names - {"r2"}:
        writer.line("compared = len(meant)")
    if "r2" in names:
        writer.line("moved = meant - meant.mean(0)")
        writer.line("spread = moved.square().sum(0) - moved.sum(0) ** 2 / len(meant)")


def _confusion(writer: Writer, plan: TrainPlan) -> None:
    classes = (plan.classes or 2) if plan.task == "classes" else 2
    writer.line(f"cells = meant.reshape(-1).long() * {classes} + said.reshape(-1).long()")
    writer.line(f"confusion = torch.bincount(cells, minlength={classes**2})")
    writer.line(f"confusion = confusion.reshape({classes}, {classes}).double()")
    writer.line("hits = confusion.diagonal()")
    names = {metric.name for metric in plan.metrics}
    if names & {"precision", "f1"}:
        writer.line("predicted = confusion.sum(0)")
    if names & {"recall", "f1"}:
        writer.line("seen = confusion.sum(1)")


def _value(metric: Choice, plan: TrainPlan) -> str:
    if metric.name in RATIOS:
        binary = plan.task != "classes" or plan.classes == 2
        return f"({RATIOS[metric.name]}){'[1]' if binary else '.mean()'}.item()"
    return VALUES[metric.name]
