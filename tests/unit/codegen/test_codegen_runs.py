"""Parts that are made alike: what is rolled up, what is left alone, and that it makes the same."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netspec.codegen import layout
from netspec.codegen.layout import Expr, call, literal
from netspec.codegen.runs import rolled, whole

Values = Sequence[tuple[int | float | str, ...]]


def made(values: Values) -> list[Expr]:
    """`Layer(width, size)` for each."""
    return [call("Layer", [literal(value) for value in row]) for row in values]


def texts(values: Values) -> str:
    return ", ".join(item.text for item in rolled(made(values)))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([(512, 128)] * 5, "*(Layer(512, 128) for _ in range(5))"),
        ([()] * 12, "*(Layer() for _ in range(12))"),
        ([(64 + 32 * i,) for i in range(6)], "*(Layer(64 + 32 * i) for i in range(6))"),
        ([(100 - i,) for i in range(9)], "*(Layer(100 - i) for i in range(9))"),
        ([(-3 * i, 7) for i in range(9)], "*(Layer(-3 * i, 7) for i in range(9))"),
        ([(i, i) for i in range(9)], "*(Layer(i, i) for i in range(9))"),
        ([(i, i) for i in range(3, 12)], "*(Layer(i, i) for i in range(3, 12))"),
        ([(i, i + 1) for i in range(9)], "*(Layer(i, i + 1) for i in range(9))"),
        ([(2**i, 64) for i in range(9)], "*(Layer(2**i, 64) for i in range(9))"),
        ([(64 * 4**i, 3) for i in range(5)], "*(Layer(64 * 4**i, 3) for i in range(5))"),
        ([(2 ** (i % 4), 30) for i in range(12)], "*(Layer(2 ** (i % 4), 30) for i in range(12))"),
        ([(i % 3, 300) for i in range(9)], "*(Layer(i % 3, 300) for i in range(9))"),
        (
            [("reflect", size) for size in (3, 5, 4, 9)],
            '*(Layer("reflect", value) for value in (3, 5, 4, 9))',
        ),
        (
            [("reflect", "reflect", a, b) for a, b in [(7, 5), (3, 3), (9, 1)] * 2],
            '*(Layer("reflect", "reflect", value, value_2) for value, value_2 in '
            "((7, 5), (3, 3), (9, 1), (7, 5), (3, 3), (9, 1)))",
        ),
    ],
)
def test_a_run_is_rolled_up(values: Values, text: str) -> None:
    assert texts(values) == text


@pytest.mark.parametrize(
    "values",
    [
        [(64, 64)] * 2,
        [(3,), (1,), (4,), (1,)],
        [(3, 64), (64, 128), (128, 256), (256, 512)],
        [(0.1 * i, "even") for i in range(4)],
        [],
    ],
)
def test_what_would_be_no_shorter_is_left_alone(values: Values) -> None:
    assert rolled(made(values)) == made(values)


def test_only_what_follows_the_rule_is_rolled_up() -> None:
    items = [call("Layer", [literal(3), literal(64)]), *made([(64, 64)] * 4), call("Last")]
    assert [item.text for item in rolled(items)] == [
        "Layer(3, 64)",
        "*(Layer(64, 64) for _ in range(4))",
        "Last()",
    ]


def test_rows_of_several_rules_are_rolled_up_as_far_as_all_of_them_hold() -> None:
    values = [(i % 3, i % 4, 1000000) for i in range(6)]
    assert texts(values) == (
        "*(Layer(i, i, 1000000) for i in range(3)), "
        "Layer(0, 3, 1000000), Layer(1, 0, 1000000), Layer(2, 1, 1000000)"
    )


def test_other_arguments_and_other_calls_end_a_run() -> None:
    lead = call("Layer", [literal(64)], [("stride", literal(2))])
    items = [lead, *made([(64,)] * 2), call("Other", [literal(64)])]
    assert rolled(items) == items


def test_variables_have_names_of_their_own() -> None:
    widths = [call("Layer", [Expr("i")], [("width", literal(n))]) for n in (7, 5, 9, 1, 4, 8)]
    (starred,) = rolled(widths, {"i", "width"})
    assert starred.text == "*(Layer(i, width=width_2) for width_2 in (7, 5, 9, 1, 4, 8))"
    steps = [call("Layer", [Expr("i")], [("width", literal(n))]) for n in range(6)]
    assert rolled(steps, {"i"})[0].text == "*(Layer(i, width=i_2) for i_2 in range(6))"


def test_a_row_is_called_as_the_argument() -> None:
    named = [Expr(str(n), called="groups") for n in (7, 5, 9, 1, 4, 8)]
    (starred,) = rolled([call("Layer", [Expr("16"), one]) for one in named])
    assert starred.text == "*(Layer(16, groups) for groups in (7, 5, 9, 1, 4, 8))"


def test_a_list_that_is_one_run_needs_no_star() -> None:
    found = whole(made([(64, 64)] * 4))
    assert found is not None
    assert layout.call("nn.ModuleList", [found]).text == (
        "nn.ModuleList(Layer(64, 64) for _ in range(4))"
    )
    assert whole(made([(64, 64)] * 4 + [(1, 1)])) is None


def test_values_that_would_take_a_line_each_stay_with_their_calls() -> None:
    drops = [(i / 17,) for i in range(9)]
    assert rolled(made(drops)) == made(drops)


WHOLE = st.integers(-3, 40)
ROWS = st.one_of(
    st.builds(lambda a, b: [a + b * i for i in range(12)], WHOLE, WHOLE),
    st.builds(lambda a, b: [a * b**i for i in range(12)], WHOLE, st.integers(-3, 3)),
    st.builds(lambda p, b: [b * (i % p) for i in range(12)], st.integers(1, 6), WHOLE),
    st.builds(lambda p, b: [b ** (i % p) for i in range(12)], st.integers(1, 6), st.integers(0, 3)),
    st.builds(lambda a: [a] * 12, st.one_of(WHOLE, st.floats(0, 1), st.text(max_size=3))),
    st.lists(st.one_of(WHOLE, st.booleans()), min_size=12, max_size=12),
)


@settings(max_examples=200)
@given(st.lists(ROWS, min_size=1, max_size=3), st.integers(0, 12))
def test_what_is_rolled_up_makes_the_same(rows: list[list[int]], count: int) -> None:
    """Each call is a tuple of what it is given."""
    items = [
        call("Layer", [literal(row[at]) for row in rows[:-1]], [("last", literal(rows[-1][at]))])
        for at in range(count)
    ]
    text = f"[{', '.join(item.text for item in rolled(items))}]"

    def layer(*given: object, last: object) -> tuple[object, ...]:
        return (*given, last)

    names = {"Layer": layer, "range": range, "__builtins__": {}}
    assert repr(eval(text, names)) == repr([tuple(row[at] for row in rows) for at in range(count)])


def test_the_layout_is_the_formatters(tmp_path: Path) -> None:
    longer = [("a" * width, 12345) for width in (5, 30, 55, 80)]
    written: list[str] = []
    for width, number in longer:
        one = call("Layer", [literal(width), literal(number)])
        for items in ([one] * 4, [call("First"), *[one] * 4]):
            written += layout.lines("x = ", call("Sequential", rolled(items)), 8)
            together = whole(items) or layout.display("[", rolled(items), "]")
            written += layout.lines("x = ", call("ModuleList", [together]), 8)
    path = tmp_path / "made.py"
    path.write_text("if x:\n    if x:\n" + "\n".join(written) + "\n", encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache"]
    run = subprocess.run(
        [*ruff, "--diff", "--line-length", "100", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_other_calls_without_arguments_are_not_alike() -> None:
    items = [call("nn.ReLU"), *[call("nn.Tanh")] * 9]
    text = ", ".join(item.text for item in rolled(items))
    assert text == "nn.ReLU(), *(nn.Tanh() for _ in range(9))"


def test_a_run_of_runs_keeps_what_is_within() -> None:
    """Variables of the comprehension within are its own: no outer row takes their places."""

    def stages(firsts: Sequence[int]) -> list[Expr]:
        inner = (rolled(made([(first + i, 8) for i in range(12)])) for first in firsts)
        last = [call("Last", [literal(size)]) for size in range(len(firsts))]
        return [
            call("nn.Sequential", [*within, end]) for within, end in zip(inner, last, strict=True)
        ]

    assert [item.text for item in rolled(stages([0, 0, 0]))] == [
        "*(nn.Sequential(*(Layer(i, 8) for i in range(12)), Last(i)) for i in range(3))"
    ]
    assert rolled(stages([0, 1, 2])) == stages([0, 1, 2])
    (starred,) = rolled([call("nn.Sequential", rolled(made([("a" * 40, 8)] * 12)))] * 3)
    assert list(layout.lines("", starred, 8, ",")) == [
        "        *(",
        "            nn.Sequential(",
        f'                *(Layer("{"a" * 40}", 8) for _ in range(12)),',
        "            )",
        "            for _ in range(3)",
        "        ),",
    ]
