"""Names that stand for nothing, or for two things (NS20xx)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, did_you_mean, error
from netspec.source import Span

# What stands before the dot where torch's names are written in Python.
PYTHON_MODULES = frozenset({"F", "einops", "nn", "torch"})
_DOTTED = re.compile(r"(?:\.\w+)+")

# Words of this language in a form that it does not have, and calls that PyTorch has for what is a
# line here.
HABITS = {
    "freeze": 'a line of its own freezes, by patterns in quotes: `freeze "fc.*", "*.bias"`',
    "init": 'a line of its own fills: `init "*.weight" = normal(std=0.02)`',
    "tie": "a line of its own ties: `tie head.weight = wte.weight`",
    "register_buffer": "write `name: Buffer(...)`",
    "register_parameter": "write `name: Parameter(...)`",
    "optimizer": "take it out: a schedule is that of the optimizer beside it",
    "model": "a model is applied by its name, `x -> Net`; an optimizer takes no parameters",
}


@code("NS2001")
def unknown_name(
    span: Span, name: str, candidates: Sequence[str], declared: Span | None = None
) -> Diagnostic:
    """A name stands for nothing.

    A name is a param, an argument of the block, an input, something bound by `=` above, or a
    function of the catalogue. It is known from the line on that binds it, and not before.

    Wrong:
        param width = 20
        model {
          input x: real[B, 4]
          Linear(widht)
        }

    Right:
        param width = 20
        model {
          input x: real[B, 4]
          Linear(width)
        }
    """
    if declared is not None:
        return error(
            f"`{name}` is used before it is declared",
            span,
            also=(Label(declared, "declared here"),),
            help=f"move the line of `{name}` above this one",
        )
    advice = did_you_mean(name, candidates)
    if name in PYTHON_MODULES:
        advice = _without_module(span, name)
    return error(f"unknown name `{name}`", span, help=HABITS.get(name, advice))


def _without_module(span: Span, name: str) -> str:
    """How `torch.nn.Linear` is written: by its last name alone."""
    dotted = _DOTTED.match(span.source.text, span.end)
    if dotted is None:
        return f"leave `{name}` out: torch's names stand by themselves, as in `Linear(8)`"
    before, _, last = f"{name}{dotted[0]}".rpartition(".")
    return f"leave `{before}.` out: torch's names stand by themselves, so write `{last}`"


@code("NS2002")
def unknown_layer(
    span: Span, name: str, candidates: Sequence[str], left_out: str | None = None
) -> Diagnostic:
    """There is no layer or block of that name.

    Layers have torch's names, capitals included: `ReLU`, `BatchNorm2d`. A block of this file is
    used by its own name.

    Wrong:
        model {
          input x: real[B, 4]
          Lienar(8) -> ReLU -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Linear(2)
        }
    """
    if left_out is not None:
        return error(f"torch's `{name}` is left out: it {left_out}", span)
    layers = [candidate for candidate in candidates if candidate[:1].isupper()]
    advice = did_you_mean(name, layers) or did_you_mean(name, candidates)
    return error(f"unknown layer `{name}`", span, help=advice)


@code("NS2003")
def loss_in_model(span: Span, name: str) -> Diagnostic:
    """A loss stands in a model.

    A model ends with its prediction. What the prediction is compared with, and how, is said in
    `train`, so that the model can be used without a target.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(2) -> CrossEntropyLoss
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
    """
    return error(
        f"`{name}` is a loss, not a layer",
        span,
        help=f"end the model before it and write `loss = {name}` in `train`",
    )


@code("NS2004")
def defined_twice(span: Span, what: str, earlier: Span) -> Diagnostic:
    """Two things have one name.

    Blocks, models and params share their names with nothing else in a file, and there is at most
    one `data`, one `train` and one model without a name.

    Wrong:
        block Head { Linear(2) }
        block Head { Linear(3) }
        model {
          input x: real[B, 4]
          Head
        }

    Right:
        block Small { Linear(2) }
        block Large { Linear(3) }
        model {
          input x: real[B, 4]
          Small
        }
    """
    return error(
        f"{what} is defined twice", span, "again here", also=(Label(earlier, "first here"),)
    )


@code("NS2006")
def recursion(span: Span, ring: Sequence[str]) -> Diagnostic:
    """A block uses itself.

    Every use of a block is expanded when the spec is compiled, so a block that uses itself, at once
    or by way of others, would never end.

    Wrong:
        block Deep { Linear(4) -> ReLU -> Deep }
        model {
          input x: real[B, 4]
          Deep
        }

    Right:
        block Layer { Linear(4) -> ReLU }
        model {
          input x: real[B, 4]
          repeat 3 { Layer }
          Linear(2)
        }
    """
    through = " -> ".join(f"`{name}`" for name in ring)
    return error(
        f"`{ring[-1]}` uses itself",
        span,
        notes=(f"the ring is {through}",) if len(ring) > 2 else (),
        help="to put a block several times use `repeat`",
    )


@code("NS2012")
def value_unused(span: Span, label: str | None = None) -> Diagnostic:
    """A value is computed and nothing uses it.

    Nothing is dropped in silence: what a body computes reaches its output, or should not be there.
    A label does not declare a layer for later, as an `__init__` would: the layer is applied where
    the label stands.

    Wrong:
        model {
          input x: real[B, 4]
          h = x -> Linear(8) -> ReLU
          x -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          h = x -> Linear(8) -> ReLU
          h -> Linear(2)
        }
    """
    advice = "let the flow go on from it, give it to `output`, or take it out"
    if label is not None:
        advice = f"`{label}:` applies the layer here: label it where it is first wanted instead"
    return error("this value is never used", span, help=advice)


@code("NS2013")
def input_unused(span: Span, name: str) -> Diagnostic:
    """An input of a model or block is never used.

    Where several inputs are declared, each is meant to matter.

    Wrong:
        model {
          input a: real[B, 4]
          input b: real[B, 4]
          a -> Linear(2)
        }

    Right:
        model {
          input a: real[B, 4]
          input b: real[B, 4]
          a + b -> Linear(2)
        }
    """
    return error(f"the input `{name}` is never used", span, help="use it or take it out")


@code("NS2014")
def shadows_catalogue(span: Span, name: str, kind: str) -> Diagnostic:
    """A block has the name of a layer or function of the catalogue.

    A reader who sees `Dropout` thinks of torch's. A block of one's own has a name of its own.

    Wrong:
        block Dropout(p) {
          input x
          x * (1 - p)
        }
        model {
          input x: real[B, 4]
          Linear(8) -> Dropout(0.5) -> Linear(2)
        }

    Right:
        block Damp(p) {
          input x
          x * (1 - p)
        }
        model {
          input x: real[B, 4]
          Linear(8) -> Damp(0.5) -> Linear(2)
        }
    """
    return error(f"`{name}` is the name of a {kind} already", span, help="give it another name")


@code("NS2016")
def unknown_override(name: str, candidates: Sequence[str]) -> Diagnostic:
    """A `--set` names no param of the spec.

    Only what the spec declares as `param` can be set from outside.

        netspec run specs/two_moons.net --set width=40
    """
    advice = did_you_mean(name, candidates)
    if advice is None:
        names = ", ".join(f"`{c}`" for c in candidates)
        advice = f"the params are {names}" if names else "this spec has no `param`"
    return error(f"`--set {name}=...` names no param", None, help=advice)


@code("NS2017")
def unknown_block_argument(
    span: Span, name: str, block: str, names: Sequence[str], declared: Span
) -> Diagnostic:
    """A block has no such argument.

    A block takes the arguments that stand in its first line, by position or by name.

    Wrong:
        block Hidden(width, act=ReLU) { Linear(width) -> act }
        model {
          input x: real[B, 4]
          Hidden(8, atc=GELU) -> Linear(2)
        }

    Right:
        block Hidden(width, act=ReLU) { Linear(width) -> act }
        model {
          input x: real[B, 4]
          Hidden(8, act=GELU) -> Linear(2)
        }
    """
    listed = ", ".join(f"`{n}`" for n in names)
    takes = f"it takes {listed}" if names else "it takes no arguments"
    return error(
        f"`{block}` has no argument `{name}`",
        span,
        also=(Label(declared, takes),),
        help=did_you_mean(name, names),
    )


@code("NS2018")
def no_attribute(span: Span, name: str, what: str, function: str | None = None) -> Diagnostic:
    """A value has no such attribute.

    Sizes of a tensor have no attribute: a dimension gets a name in `input x: real[B, D]`, and that
    name is then a size. Functions are no methods: `x -> relu`, or `relu(x)`.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(x.shape)
        }

    Right:
        model {
          input x: real[B, D]
          Linear(2)
        }
        data { make_moons(n_samples=100) }
    """
    advice = None
    if name in {"shape", "size", "dim", "ndim"}:
        advice = "name the dimensions: `input x: real[B, D]` makes `D` a size"
    elif name in {"T", "mT"}:
        advice = "write `transpose(x, 0, 1)`, with the dimensions to exchange"
    elif name in {"to", "cuda", "cpu", "device"}:
        advice = "take it out: everything is on the device that `train` or `--device` names"
    elif name in {"weight", "bias"}:
        advice = f"label the layer that has it, `fc: Linear(8)`, and write `fc.{name}`"
    elif function is not None:
        advice = f"a function takes the value first: write `... -> {function}`"
    return error(f"{what} has no attribute `{name}`", span, help=advice)
