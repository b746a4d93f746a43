"""Diagnostics: the record, the sink, near-miss names and the registry of codes."""

from netspec.diagnostics.codes import CODES, STAGES, Code, code, error, warning
from netspec.diagnostics.record import Diagnostic, Edit, Fix, Label, Severity
from netspec.diagnostics.sink import Sink
from netspec.diagnostics.suggest import did_you_mean, near

__all__ = [
    "CODES",
    "STAGES",
    "Code",
    "Diagnostic",
    "Edit",
    "Fix",
    "Label",
    "Severity",
    "Sink",
    "code",
    "did_you_mean",
    "error",
    "near",
    "warning",
]
