"""The function of a script that puts saved weights in place of fresh ones."""

from __future__ import annotations

from netspec.codegen.layout import display, literal
from netspec.export.writing import Writer
from netspec.program.train import TrainPlan
from netspec.program.weights import Start


def weights_function(plan: TrainPlan) -> str:
    """`def load_weights(model)`: every file of the plan, its keys renamed as the plan says."""
    writer = Writer()
    with writer.block("def load_weights(model: nn.Module) -> None:"):
        writer.line('"""Begin with the weights of files."""')
        writer.line("state = model.state_dict()")
        for start in plan.weights:
            _update(writer, start)
        writer.line("model.load_state_dict(state)")
    return writer.text()


def _update(writer: Writer, start: Start) -> None:
    read = f"load_file(find_file({literal(start.file).text}))"
    if not (start.source or start.into or start.leave):
        writer.line(f"state |= {read}")
        return
    if start.leave:
        fresh = display("[", [literal(pattern) for pattern in start.leave], "]")
        writer.expression("fresh = ", fresh)
    with writer.block(f"for key, tensor in {read}.items():"):
        if start.source:
            source = literal(start.source).text
            with writer.block(f"if not key.startswith({source}):"):
                writer.line("continue")
        taken = f"key.removeprefix({literal(start.source).text})" if start.source else "key"
        name = f"{literal(start.into).text} + {taken}" if start.into else taken
        if not start.leave:
            writer.line(f"state[{name}] = tensor")
            return
        if name != "key":
            writer.line(f"name = {name}")
        named = "name" if name != "key" else "key"
        with writer.block(f"if not any(fnmatch.fnmatchcase({named}, p) for p in fresh):"):
            writer.line(f"state[{named}] = tensor")
