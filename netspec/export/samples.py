"""The function of a script that writes a sheet of samples, as a run does at its end."""

from __future__ import annotations

from netspec.codegen.layout import Expr, call
from netspec.codegen.losses import SHEET
from netspec.export.turns import Script
from netspec.export.writing import Writer
from netspec.program.precision import AUTOCAST
from netspec.program.train import Sheet

# A run's sheets begin with its seed, counted from the last one.
LAST_SEED = 2**32 - 1


def samples_function(script: Script, sheet: Sheet) -> str:
    """`def save_samples(model)`: the pictures of `draw_samples`, side by side in one file."""
    writer, model = Writer(), script.variable
    named = [f'{model}["{name}"]' if script.held else model for name in sheet.applied]
    dtype = AUTOCAST.get(script.plan.precision)
    cast = "" if dtype is None else f", torch.autocast(DEVICE.type, dtype=torch.{dtype})"
    with writer.block(f"def save_samples({script.parameter}) -> None:"):
        writer.line(f'"""Draw samples from the {model}, and write them as one picture."""')
        writer.line(f"{model}.eval()")
        writer.line(f"torch.manual_seed({LAST_SEED - script.plan.seed})")
        with writer.block(f"with torch.no_grad(), DEVICE{cast}:"):
            writer.expression("images = ", call(SHEET, [Expr(name) for name in named]))
        images = "images.float().cpu().numpy()"
        limits = f"{sheet.low!r}, {sheet.high!r}"
        writer.line(f'save_sheet(Path("samples.png"), {images}, {limits})')
    return writer.text()
