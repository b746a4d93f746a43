"""k mistakes in k statements give k reports, where they are, whatever surrounds them."""

from __future__ import annotations

import random

import pytest
from outline import outline

from netspec.diagnostics import Sink
from netspec.diagnostics.render import render_terminal
from netspec.source import Source
from netspec.syntax import parse, tree

SPEC = """\
param width = 20 in 4..256

block Residual(width, act=ReLU) {
  input x
  x + (x -> Linear(width) -> act -> Linear(width))
}

model {
  input x: real[B, 4]
  h = x -> Linear(width) -> ReLU
  for i in 0..3 {
    h = h -> Residual(width)
    if i > 1 {
      h = h -> Dropout(0.5)
    } else {
      h = relu(h)
    }
  }
  out, (a, b) = h -> split(h, [1, 2], dim=1)
  features: {
    h -> Linear(width)
    conv: Linear(width, bias=false)
  }
  -> mean(dim=[1])
}

train {
  loss      = MSELoss
  optimizer = SGD(lr=0.1, momentum=0.9)
  epochs    = 10
  stop when train.error == 0
}
"""

# Statements that are wrong in themselves, each one mistake.
WRONG = [
    "x = = 3",
    "Linear(3) ReLU",
    "Linear(3, bias=)",
    "y = x +",
    "x -> -> ReLU",
    "a b",
    "Linear(3,, 4)",
    "z = [1 2]",
    "return x",
    "for i 0..3 { ReLU }",
    "if a = b { ReLU }",
    "x = a if b",
    "v = 3x",
    "x @@ y",
    "Linear(20",
    "f(a[1)",
    "g(3]",
    "x -> Linear(3))",
    "w = 'text'",
    "x ? y",
    's = "open',
    "f(a) = 3",
    "n = 1234567890123456789",
    "repeat 2 { ReLU } Tanh",
    "if a { ReLU } { Tanh }",
    "{ } x",
]


def reports(text: str) -> tuple[list[int], str]:
    sink = Sink()
    parse(Source("a.net", text), sink)
    lines = [d.labels[0].span.line for d in sink.diagnostics]
    return lines, text + "\n" + render_terminal(sink.diagnostics)


def places() -> list[int]:
    """The lines of the spec that a statement of a model may follow."""
    lines = SPEC.splitlines()
    first = lines.index("  input x: real[B, 4]") + 1
    last = lines.index("  -> mean(dim=[1])") - 1
    return list(range(first, last + 1))


def with_mistakes(mistakes: list[tuple[int, str]]) -> tuple[str, list[int]]:
    """The spec with wrong statements after some of its lines, and where they came to stand."""
    lines = SPEC.splitlines()
    wrong: list[int] = []
    for shift, (after, mistake) in enumerate(sorted(mistakes)):
        opener = lines[after + shift - 1]
        indent = len(opener) - len(opener.lstrip()) + 2 * opener.endswith("{")
        lines.insert(after + shift, " " * indent + mistake)
        wrong.append(after + shift + 1)
    return "\n".join(lines) + "\n", wrong


def test_the_spec_is_right() -> None:
    assert reports(SPEC)[0] == []


@pytest.mark.parametrize("mistake", WRONG)
def test_one_mistake_anywhere(mistake: str) -> None:
    for after in places():
        text, wrong = with_mistakes([(after, mistake)])
        found, rendered = reports(text)
        assert found == wrong, rendered


@pytest.mark.parametrize("count", [2, 3, 6])
def test_several_mistakes(count: int) -> None:
    draw = random.Random(count)
    for _ in range(60):
        chosen = [(after, draw.choice(WRONG)) for after in draw.sample(places(), count)]
        text, wrong = with_mistakes(chosen)
        found, rendered = reports(text)
        assert found == wrong, rendered


@pytest.mark.parametrize("text", ["{ } x", "model { A } x", "model { } model { }", "x { } { } }"])
def test_a_mistake_behind_a_brace_does_not_open_its_body_again(text: str) -> None:
    sink = Sink()
    (rest,) = parse(Source("a.net", text + "\nmodel { b }"), sink).items
    assert isinstance(rest, tree.Definition)
    assert outline(rest.body) == "Body([Flow([b])])"
    assert sink.diagnostics[0].labels[0].span.line == 1


def test_faulty_statements_are_left_out() -> None:
    sink = Sink()
    file = parse(Source("a.net", "model {\n  a\n  b c\n  d\n}\nfoo { x }\nmodel { e }\n"), sink)
    assert len(sink.diagnostics) == 2
    first, second = file.items
    assert isinstance(first, tree.Definition)
    assert isinstance(second, tree.Definition)
    assert outline(first.body) == "Body([Flow([a]) Flow([d])])"
    assert outline(second.body) == "Body([Flow([e])])"


def test_a_missing_brace_is_one_report() -> None:
    lines = SPEC.splitlines()
    closers = [i for i, line in enumerate(lines) if line.strip().startswith("}")]
    for number in closers:
        if "else" in lines[number]:
            continue
        found, rendered = reports("\n".join(lines[:number] + lines[number + 1 :]) + "\n")
        assert len(found) == 1, rendered
        opener = lines[found[0] - 1]
        assert opener.endswith("{"), rendered
        assert len(opener) - len(opener.lstrip()) == lines[number].index("}"), rendered


def test_an_added_brace_is_one_report() -> None:
    for after in places():
        text, wrong = with_mistakes([(after, "}")])
        found, rendered = reports(text)
        assert found == wrong, rendered
