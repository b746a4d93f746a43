"""A program as one Python script: data, model, loss, training loop, evaluation.

The script needs torch and what the data is read with, and no netspec. On the CPU it prints the
losses that `netspec run` logs, to the last digit.
"""

from __future__ import annotations

import ast
import math

from netspec import codegen
from netspec.export.data import emit_data
from netspec.export.metrics import metrics_function
from netspec.export.training import (
    Script,
    evaluate_function,
    groups_function,
    train_function,
)
from netspec.export.weights import weights_function
from netspec.export.writing import Writer, sorted_imports
from netspec.program import Program
from netspec.program.train import TrainPlan, compared, evaluation_rows

DEVICES = {
    "cpu": '"cpu"',
    "cuda": '"cuda"',
    "mps": '"mps"',
    "auto": '"cuda" if torch.cuda.is_available() else "cpu"',
}
STANDARD = ("fnmatch", "itertools", "math")
# What a script may take from a module, beside torch's own names.
FROM = {
    "load_file": "safetensors.torch",
    "AveragedModel": "torch.optim.swa_utils",
    "get_ema_multi_avg_fn": "torch.optim.swa_utils",
}
# What a script defines or imports itself, beside what its data needs.
OWN_NAMES = frozenset({"Any", "DEVICE", "GROUPS", "Rows", *FROM, *STANDARD})


def python_script(program: Program) -> str:
    """The script of a program that has a model, data and training."""
    assert program.model is not None
    assert program.data is not None
    assert program.train is not None
    plan = program.train
    loss = codegen.loss_fragment(plan)
    slots = (*program.model.graph.inputs, *plan.loss.inputs)
    used = {slot.name for slot in slots}
    names = [field.name for field in program.data.fields if field.name in used]
    helpers = ("find_file",) if plan.weights else ()
    data = emit_data(program.data, seed=plan.seed, names=names, helpers=helpers)
    taken = _names_in("\n".join([*data.imports, data.functions])) | OWN_NAMES
    model = codegen.model_fragment(program.model, reserved=taken)
    script = _script(program, model.name)
    pieces = [
        "Rows = dict[str, Tensor]\n" + f"DEVICE = torch.device({DEVICES[plan.device]})\n",
        data.functions,
        _load_function(data.body, script),
        model.text,
        loss.text,
        metrics_function(plan) if script.compares else "",
        evaluate_function(script),
        groups_function(plan) if plan.groups else "",
        weights_function(plan) if plan.weights else "",
        train_function(script),
        _main(script, plan),
    ]
    body = "\n\n".join(piece.strip("\n") + "\n" for piece in pieces if piece.strip())
    title = _title(program)
    imports = sorted_imports([*data.imports, *_imports(body)])
    return f'"""{title}"""\n\n{imports}\n\n{body}\n\nif __name__ == "__main__":\n    main()\n'


def _script(program: Program, model_class: str) -> Script:
    assert program.model is not None
    assert program.data is not None
    assert program.train is not None
    model, plan, data = program.model, program.train, program.data
    inputs = [slot.name or "x" for slot in model.graph.inputs]
    prediction, target = compared(plan.loss, model.output_names, inputs)
    numbers = sum(
        math.prod(dim.value or 1 for dim in slot.type.shape[1:]) for slot in model.graph.inputs
    )
    split = data.split
    known = data.sizes[0] if data.sizes is not None else None
    script = Script(
        plan=plan,
        model=model,
        model_class=model_class,
        has_val=split is not None and split.val > 0,
        has_test=data.own_test or (split is not None and split.test > 0),
        prediction=None,
        target=None,
        whole=plan.batch is None or (known is not None and plan.batch >= known),
        shuffled=known is not None and plan.batch is not None and plan.batch < known,
        measured_rows=evaluation_rows(plan.batch, numbers),
    )
    return Script(
        **{name: getattr(script, name) for name in Script.__slots__}
        | {
            "prediction": None if prediction is None else script.operand(prediction),
            "target": None if target is None else script.operand(target),
        }
    )


def _title(program: Program) -> str:
    path = program.source.path
    name = path.name if path is not None else ""
    # A file's name is its owner's: it is told only where it can do no harm in a docstring.
    told = name.replace("_", "").replace("-", "").replace(".", "")
    origin = f"{name}, " if told.isalnum() and told.isascii() else ""
    return f"{origin}trained by plain PyTorch. Written by netspec."


def _imports(body: str) -> list[str]:
    """The imports that the text needs, found by the names it uses."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    found = [f"import {name}" for name in STANDARD if name in used]
    found += codegen.import_lines(used & {"torch", "F", "Tensor", "nn"})
    if "Any" in used:
        found.append("from typing import Any")
    found += [f"from {module} import {name}" for name, module in FROM.items() if name in used]
    return found


def _names_in(text: str) -> set[str]:
    """What the statements of a text bind at its top."""
    names: set[str] = set()
    for statement in ast.parse(text).body:
        match statement:
            case ast.Import(names=imported) | ast.ImportFrom(names=imported):
                names |= {alias.asname or alias.name for alias in imported}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                names.add(name)
            case _:
                pass
    return names


def _load_function(body: str, script: Script) -> str:
    """`def load_data()`: the splits that there are, on the device."""
    names = ["train", *(["val"] * script.has_val), *(["test"] * script.has_test)]
    writer = Writer()
    with writer.block("def load_data() -> dict[str, Rows]:"):
        writer.line('"""Read the rows, split and transform them."""')
        writer.lines(body.rstrip("\n").split("\n"))
        splits = ", ".join(f'"{name}": {name}' for name in names)
        writer.line(f"splits = {{{splits}}}")
        with writer.block("for rows in splits.values():"):
            writer.line("rows.update({name: tensor.to(DEVICE) for name, tensor in rows.items()})")
        writer.line("return splits")
    return writer.text()


def _main(script: Script, plan: TrainPlan) -> str:
    writer = Writer()
    with writer.block("def main() -> None:"):
        writer.line('"""Load the data, train the model, and measure it on every split."""')
        writer.line("splits = load_data()")
        writer.line(f"torch.manual_seed({plan.seed})")
        if plan.weights:
            writer.line(f"model = {script.model_class}()")
            writer.line("load_weights(model)")
            writer.line("model.to(DEVICE)")
        else:
            writer.line(f"model = {script.model_class}().to(DEVICE)")
        val = ', splits["val"]' if script.has_val else ""
        fitted = "" if plan.ema is None else "model = "
        writer.line(f'{fitted}fit(model, splits["train"]{val})')
        with writer.block("for name, rows in splits.items():"):
            writer.line("measured = evaluate(model, rows)")
            writer.line('shown = "  ".join(f"{key} {value!r}" for key, value in measured.items())')
            writer.line('print(f"{name}  {shown}")')
    return writer.text()
