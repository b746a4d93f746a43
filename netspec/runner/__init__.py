"""Module, plan and batches to a run."""

from netspec.runner.asserts import difference, overfit
from netspec.runner.errors import RunError
from netspec.runner.folder import RunFolder
from netspec.runner.generate import Chance, Speaker, encode, written
from netspec.runner.job import Observer, Position, Record, Split, Splits, initialise
from netspec.runner.kept import load_kept
from netspec.runner.precision import choose_precision
from netspec.runner.result import Run
from netspec.runner.run import choose_device, fit, with_baseline
from netspec.runner.sheets import Sheets
from netspec.runner.weights import load_weights

__all__ = [
    "Chance",
    "Observer",
    "Position",
    "Record",
    "Run",
    "RunError",
    "RunFolder",
    "Split",
    "Sheets",
    "Speaker",
    "Splits",
    "choose_device",
    "choose_precision",
    "difference",
    "encode",
    "fit",
    "initialise",
    "load_kept",
    "load_weights",
    "overfit",
    "with_baseline",
    "written",
]
