from __future__ import annotations

import json

from netspec.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from netspec.diagnostics.render import render_json, render_terminal
from netspec.source import Source, Span


def place(source: Source, text: str) -> Span:
    start = source.text.index(text)
    return source.span(start, start + len(text))


def complaint(*labels: Label, message: str = "it is wrong", **more: object) -> Diagnostic:
    made = Diagnostic(code="NS4002", severity=Severity.ERROR, message=message, labels=labels)
    for name, value in more.items():
        object.__setattr__(made, name, value)
    return made


def test_the_layout_is_the_documented_one() -> None:
    source = Source("boston.net", "\n" * 10 + "  Linear(3)\n\n\n  loss      = MSELoss\n")
    diagnostic = complaint(
        Label(place(source, "MSELoss"), "the target `y` is [B, 1]"),
        Label(place(source, "Linear(3)"), "the model gives [B, 3] here"),
        message="`MSELoss` compares [B, 3] with [B, 1]",
        notes=("rows.medv is one number per row (boston.csv, column 14)",),
        help="end the model with `Linear(1)`",
    )
    assert render_terminal([diagnostic]) == (
        "error[NS4002]: `MSELoss` compares [B, 3] with [B, 1]\n"
        "  --> boston.net:14:15\n"
        "   |\n"
        "11 |   Linear(3)\n"
        "   |   --------- the model gives [B, 3] here\n"
        "14 |   loss      = MSELoss\n"
        "   |               ^^^^^^^ the target `y` is [B, 1]\n"
        "   = note: rows.medv is one number per row (boston.csv, column 14)\n"
        "   = help: end the model with `Linear(1)`\n"
    )


def test_two_diagnostics_are_parted_by_a_blank_line() -> None:
    rendered = render_terminal([complaint(message="one"), complaint(message="two")])
    assert rendered == "error[NS4002]: one\n\nerror[NS4002]: two\n"


def test_nothing_renders_as_nothing() -> None:
    assert render_terminal([]) == ""


def test_marks_stand_below_what_they_mark() -> None:
    for text in (
        "\tx here",
        "\N{PARTY POPPER} here",
        "e\N{COMBINING ACUTE ACCENT} here",
        "名前 here",
    ):
        source = Source("a.net", text)
        rendered = render_terminal([complaint(Label(place(source, "here")))])
        shown, marks = rendered.splitlines()[3:]
        before = shown[: shown.index("here")]
        width = len(before) + sum(c in "\N{PARTY POPPER}名前" for c in before)
        width -= before.count("\N{COMBINING ACUTE ACCENT}")
        assert marks.index("^") == width


def test_a_span_over_lines_is_marked_on_its_first() -> None:
    source = Source("a.net", "model {\n  ReLU\n}\n")
    rendered = render_terminal([complaint(Label(source.span(0, len(source.text))))])
    assert rendered.splitlines()[3:] == ["1 | model {", "  | ^^^^^^^"]


def test_an_empty_span_and_one_at_the_end_are_marked() -> None:
    source = Source("a.net", "x")
    rendered = render_terminal([complaint(Label(source.span(1, 1)))])
    assert rendered.splitlines()[3:] == ["1 | x", "  |  ^"]


def test_nothing_in_a_text_steers_the_terminal() -> None:
    source = Source("a.net", "x \x1b[31m\N{RIGHT-TO-LEFT OVERRIDE} y")
    rendered = render_terminal([complaint(Label(place(source, "y")), message="bad \x1b[2J")])
    assert "\x1b" not in rendered
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in rendered


def test_a_long_line_is_cut_around_its_mark() -> None:
    source = Source("a.net", "a " * 200 + "here" + " b" * 200)
    rendered = render_terminal([complaint(Label(place(source, "here")))], width=60)
    shown, marks = rendered.splitlines()[3:]
    assert len(shown) <= 60
    assert shown[marks.index("^") :].startswith("here")


def test_places_in_two_files_are_shown_apart() -> None:
    spec, blocks = Source("spec.net", "Use(2)\n"), Source("blocks.net", "\n\nLinear(2)\n")
    rendered = render_terminal(
        [complaint(Label(place(blocks, "Linear")), Label(place(spec, "Use"), "used here"))]
    )
    assert " --> blocks.net:3:1\n" in rendered
    assert " ::: spec.net:1:1\n" in rendered


def test_color_changes_nothing_but_colors() -> None:
    source = Source("a.net", "x here")
    diagnostic = complaint(Label(place(source, "here"), "this"), notes=("n",), help="h")
    colored = render_terminal([diagnostic], color=True)
    plain = "".join(
        part.partition("m")[2] if number else part
        for number, part in enumerate(colored.split("\x1b["))
    )
    assert colored != plain == render_terminal([diagnostic])


def test_json_holds_every_field() -> None:
    source = Source("a.net", "x\n  here\n")
    span = place(source, "here")
    diagnostic = complaint(
        Label(span, "this"), notes=("n",), help="h", fix=Fix((Edit(span, "there"),), safe=True)
    )
    where = {
        "file": "a.net",
        "start": {"line": 2, "column": 3, "offset": 4},
        "end": {"line": 2, "column": 7, "offset": 8},
    }
    assert json.loads(render_json([diagnostic])) == {
        "diagnostics": [
            {
                "code": "NS4002",
                "severity": "error",
                "message": "it is wrong",
                "labels": [{**where, "text": "this"}],
                "notes": ["n"],
                "help": "h",
                "fix": {"safe": True, "edits": [{**where, "replacement": "there"}]},
            }
        ]
    }
