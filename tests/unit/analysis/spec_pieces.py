"""What the tests of the analysis share: texts to programs, and what they ask of those."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from netspec import driver
from netspec.diagnostics import Sink
from netspec.diagnostics.render import render_terminal
from netspec.program import Program
from netspec.program.graph import Model
from netspec.source import Source


def checked(text: str, overrides: Mapping[str, str] | None = None) -> Program:
    """The program of a text that has no finding."""
    sink = Sink()
    program = driver.check(Source("test.net", textwrap.dedent(text)), sink, overrides)
    assert program is not None, "\n" + render_terminal(sink.diagnostics)
    return program


def model_of(body: str, shape: str = "real[B, 4]", before: str = "") -> Model:
    """The model of a body on one input `x`."""
    body = textwrap.indent(textwrap.dedent(body).strip("\n"), "  ")
    text = f"{textwrap.dedent(before)}\nmodel {{\n  input x: {shape}\n{body}\n}}\n"
    (model,) = checked(text).models
    return model


def codes(text: str, overrides: Mapping[str, str] | None = None) -> list[str]:
    """The codes of all findings in a text."""
    sink = Sink()
    driver.check(Source("test.net", textwrap.dedent(text)), sink, overrides)
    return [diagnostic.code for diagnostic in sink.diagnostics]


def keys(model: Model) -> list[str]:
    """The keys of a model's `state_dict`, in its order."""
    return [
        f"{key}.{weight.name}" for key, layer in model.graph.layers() for weight in layer.weights
    ]


def layers(model: Model) -> list[str]:
    """The keys of all layers, those without weights too."""
    return [key for key, _ in model.graph.layers()]


def output(model: Model) -> str:
    """The type of the only output."""
    (found,) = model.graph.output_types
    return str(found)


def facts(model: Model) -> list[str]:
    """What the model needs of sizes not known yet."""
    return [requirement.text for requirement in model.requirements]
