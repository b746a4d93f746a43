"""A program as one Python script: data, model, loss, training loop, evaluation.

The script needs torch and what the data is read with, and no netspec. On the CPU it prints the
losses that `netspec run` logs, to the last digit.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from netspec import codegen
from netspec.codegen.losses import SHEET, function_name
from netspec.codegen.settling import Loop, frozen_lines, has_ties
from netspec.export.augmenting import augment_function, augment_helpers
from netspec.export.data import emit_data
from netspec.export.metrics import metrics_function
from netspec.export.parameters import parameter_functions
from netspec.export.samples import samples_function
from netspec.export.training import evaluate_function, train_function
from netspec.export.turns import Script
from netspec.export.weights import weights_function
from netspec.export.writing import Writer, sorted_imports
from netspec.program import Program
from netspec.program.train import TrainPlan, compared

LOOP = Loop("name", "parameter")
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
OWN_NAMES = frozenset(
    {"Any", "DEVICE", "GROUPS", "Groups", "Rows", *FROM, *STANDARD}
    | {
        "augment",
        "evaluate",
        "fit",
        "grouped",
        "load_data",
        "main",
        "metrics",
        "save_samples",
        SHEET,
    }
)


def python_script(program: Program) -> str:
    """The script of a program that has a model, data and training."""
    assert program.data is not None
    assert program.train is not None
    plan, used = program.train, program.fields_used
    names = [field.name for field in program.data.fields if field.name in used]
    changed = [field for field in program.data.fields if field.name in used]
    helpers = (*(("find_file",) if plan.weights else ()), *augment_helpers(changed))
    helpers = (*helpers, *(("save_sheet",) if plan.samples is not None else ()))
    data = emit_data(program.data, seed=plan.seed, names=names, helpers=helpers)
    taken = _names_in("\n".join([*data.imports, data.functions])) | OWN_NAMES
    taken |= {f"{phase.name}_groups".upper() for phase in plan.phases}
    taken |= {function_name(phase) for phase in plan.phases}
    taken |= set(names) if any(extern.kind == "function" for extern in program.externs) else set()
    model = codegen.models_fragment(program.trained, reserved=taken)
    user_names = dict(model.user_names)
    taken |= {*user_names.values(), *_names_in(model.text)}
    metrics = [metric.extern for metric in plan.metrics if metric.extern is not None]
    user_names |= codegen.import_names(metrics, taken, user_names)
    taken |= set(user_names.values())
    losses = []
    for phase in plan.phases:
        losses.append(codegen.loss_fragment(phase, taken, user_names))
        user_names |= losses[-1].user_names
        taken |= {*losses[-1].user_names.values(), *_names_in(losses[-1].text)}
    drawn = ""
    if plan.samples is not None:
        sheet = codegen.sheet_fragment(plan.samples, taken, user_names)
        user_names |= sheet.user_names
        drawn = sheet.text
    script = _script(program, model.name, names)
    pieces = [
        "Rows = dict[str, Tensor]\n" + f"DEVICE = torch.device({DEVICES[plan.device]})\n",
        data.functions,
        _load_function(data.body, script),
        augment_function(changed),
        model.text,
        *(loss.text for loss in losses),
        drawn,
        metrics_function(plan, user_names) if script.compares else "",
        evaluate_function(script),
        *parameter_functions(script),
        weights_function(plan) if plan.weights else "",
        train_function(script),
        "" if plan.samples is None else samples_function(script, plan.samples),
        _main(script, plan),
    ]
    body = "\n\n".join(piece.strip("\n") + "\n" for piece in pieces if piece.strip())
    title = _title(program)
    modules = {extern.module for extern in program.externs}
    theirs = [line for line in data.imports if line.split()[1] not in modules]
    imports = sorted_imports([*theirs, *_imports(body)])
    for extern in data.user_code:
        user_names[extern.target] = extern.attribute
    own = codegen.user_import_lines(user_names)
    imports = "\n\n".join([imports, *(["\n".join(own)] if own else [])])
    return f'"""{title}"""\n\n{imports}\n\n{body}\n\nif __name__ == "__main__":\n    main()\n'


def _script(program: Program, makes: str, fields: Sequence[str]) -> Script:
    network = program.network
    assert network is not None
    assert program.data is not None
    assert program.train is not None
    plan, data = program.train, program.data
    inputs = [slot.name or "x" for slot in network.graph.inputs]
    prediction, target = compared(plan.judged.loss, network.output_names, inputs)
    split = data.split
    changes = [c for field in data.fields if field.name in fields for c in field.augments]
    known = data.sizes[0] if data.sizes is not None else None
    script = Script(
        plan=plan,
        network=network,
        makes=makes,
        first=fields[0] if plan.models else inputs[0],
        has_val=split is not None and split.val > 0,
        has_test=data.own_test or (split is not None and split.test > 0),
        prediction=None,
        target=None,
        whole=plan.batch is None or (known is not None and plan.batch >= known),
        shuffled=known is not None and plan.batch is not None and plan.batch < known,
        measured_rows=plan.measured_rows(network),
        draws=sum(change.draws for change in changes),
        crops=any(change.always for change in changes),
    )
    if plan.models:
        known_target = plan.judged.target
        predicted = None if known_target is None else "prediction"
        wanted = None if known_target is None else f'rows["{known_target}"]'
    else:
        predicted = None if prediction is None else script.operand(prediction)
        wanted = None if target is None else script.operand(target)
    return replace(script, prediction=predicted, target=wanted)


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
    found += codegen.import_lines(used & {"einops", "torch", "F", "Tensor", "nn"})
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


def _freeze(writer: Writer, script: Script, plan: TrainPlan) -> None:
    """Freeze what training freezes, by the names of parameters."""
    patterns = [pattern for line in plan.frozen for pattern in line.patterns]
    if not patterns:
        return
    every = "remove_duplicate=False" if has_ties(script.network.graph) else ""
    pair = f"{LOOP.name}, {LOOP.parameter}"
    with writer.block(f"for {pair} in {script.variable}.named_parameters({every}):"):
        writer.lines(frozen_lines(LOOP, patterns, 0))


def _main(script: Script, plan: TrainPlan) -> str:
    writer = Writer()
    with writer.block("def main() -> None:"):
        told = "models, and measure them" if script.held else "model, and measure it"
        writer.line(f'"""Load the data, train the {told} on every split."""')
        writer.line("splits = load_data()")
        if plan.precision == "tf32":
            writer.line('torch.set_float32_matmul_precision("high")')
        writer.line(f"torch.manual_seed({plan.seed})")
        model = script.variable
        if plan.weights:
            writer.line(f"{model} = {script.makes}()")
            writer.line(f"load_weights({model})")
            writer.line(f"{model}.to(DEVICE)")
        else:
            writer.line(f"{model} = {script.makes}().to(DEVICE)")
        _freeze(writer, script, plan)
        val = ', splits["val"]' if script.has_val else ""
        fitted = "" if plan.ema is None else f"{model} = "
        writer.line(f'{fitted}fit({model}, splits["train"]{val})')
        with writer.block("for name, rows in splits.items():"):
            writer.line(f"measured = evaluate({model}, rows)")
            writer.line('shown = "  ".join(f"{key} {value!r}" for key, value in measured.items())')
            writer.line('print(f"{name}  {shown}")')
        if plan.samples is not None:
            writer.line(f"save_samples({model})")
    return writer.text()
