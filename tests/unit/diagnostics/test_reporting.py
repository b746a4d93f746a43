from __future__ import annotations

import pytest

from netspec.diagnostics import CODES, Diagnostic, Severity, Sink, code, did_you_mean, error, near
from netspec.source import Source
from netspec.syntax import errors


def complaint(source: Source | None = None, start: int = 0) -> Diagnostic:
    return error(f"at {start}", source.span(start, start + 1) if source else None)


def test_reports_come_in_the_order_of_the_text() -> None:
    source, sink = Source("a.net", "abcdef"), Sink()
    for start in (4, 1, 3):
        sink.report(complaint(source, start))
    sink.report(complaint())
    assert [d.message for d in sink.diagnostics] == ["at 0", "at 1", "at 3", "at 4"]


def test_the_same_report_is_kept_once() -> None:
    source, sink = Source("a.net", "abcdef"), Sink()
    sink.report(complaint(source, 2))
    sink.report(complaint(source, 2))
    assert len(sink.diagnostics) == 1


def test_only_errors_fail() -> None:
    sink = Sink()
    sink.report(Diagnostic(code="NS8001", severity=Severity.WARNING, message="hm"))
    assert not sink.failed
    sink.report(complaint())
    assert sink.failed


def test_a_code_belongs_to_one_constructor() -> None:
    number = "NS1001"
    assert CODES[number].constructor is errors.unexpected
    with pytest.raises(ValueError, match="twice"):
        code(number)(complaint)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("Liner", "Linear"), ("conv2d", "Conv2d"), ("CrosEntropyLoss", "CrossEntropyLoss")],
)
def test_near_names_are_found(written: str, meant: str) -> None:
    known = ["Linear", "Conv2d", "CrossEntropyLoss", "ReLU", "LSTM"]
    assert near(written, known)[0] == meant
    assert did_you_mean(written, known) == f"did you mean `{meant}`?"


def test_far_names_are_not() -> None:
    assert near("Transformer", ["Linear", "ReLU"]) == ()
    assert near("x", ["ab", "cd"]) == ()
    assert near("c", ["a", "b"]) == ()
