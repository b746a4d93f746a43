"""Asserts that say nothing that could be checked (NS204x)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from netspec.diagnostics import Diagnostic, code, did_you_mean, error
from netspec.source import Span


@code("NS2040")
def not_a_check(span: Span, given: str, example: str) -> Diagnostic:
    """An assert is neither true nor false.

    An assert is a comparison, several joined by `and`, `or` and `not`, or one of `overfits(...)`
    and `equal(A, B)`. A number or a type by itself says nothing of what it should be.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.params }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.params <= 100 }
    """
    advice = f"say what it should be, as in `{example} == ...`"
    return error(f"an assert is true or false, not {given}", span, help=advice)


@code("NS2041")
def no_such_model(span: Span, name: str, names: Sequence[str], *, is_block: bool) -> Diagnostic:
    """A test asks something of what is no model.

    Models have counts and types that a test can ask for. *The* model of the file is `model`, others
    go by their names. A block has none: they hang on where it is used.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert net.params <= 100 }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.params <= 100 }
    """
    if is_block:
        advice = "its types and counts hang on where it is used: ask a model that uses it"
        return error(f"`{name}` is a block, not a model", span, help=advice)
    models = (*names, "model")
    advice = did_you_mean(name, models) or "the models are " + ", ".join(f"`{m}`" for m in models)
    return error(f"there is no model `{name}`", span, help=advice)


@code("NS2042")
def no_such_fact(span: Span, name: str, of: str, names: Collection[str]) -> Diagnostic:
    """A test asks for something that a model does not tell.

    A model tells `params`, how many learned numbers it has; `layers`, how many layers;
    `count(Linear)`, how many of a kind; and the types `input` and `output`, or `output.name` where
    there are several.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.parms <= 100 }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.params <= 100 }
    """
    advice = did_you_mean(name, names) or "it has " + ", ".join(f"`{known}`" for known in names)
    if not names:
        advice = f"it is a type: compare it, as in `{of} == real[B, 10]`"
    return error(f"`{of}` has no `{name}`", span, help=advice)


@code("NS2043")
def which_model(span: Span, names: Sequence[str]) -> Diagnostic:
    """A test says `model` where there is none, or are several.

    *The* model is the unnamed one, or the only one. Where there are several they go by their names.

    Wrong:
        model Small {
          input x: real[B, 4]
          Linear(2)
        }
        model Large {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Linear(2)
        }
        test { assert model.params <= 100 }

    Right:
        model Small {
          input x: real[B, 4]
          Linear(2)
        }
        model Large {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Linear(2)
        }
        test { assert Small.params <= 100 }
    """
    if not names:
        return error("there is no model to ask", span, help="add `model { ... }`")
    listed = ", ".join(f"`{name}`" for name in names)
    return error("`model` could be any of several", span, help=f"say which is meant: {listed}")


@code("NS2044")
def which_end(span: Span, end: str, names: Sequence[str], model: str) -> Diagnostic:
    """A test asks for the input or output of a model that has several.

    `model.input` and `model.output` are types where there is one of them. Where there are several
    they go by their names.

    Wrong:
        model {
          input x: real[B, 4]
          a = x -> Linear(2)
          b = x -> Linear(3)
          output a, b
        }
        test { assert model.output == real[B, 2] }

    Right:
        model {
          input x: real[B, 4]
          a = x -> Linear(2)
          b = x -> Linear(3)
          output a, b
        }
        test { assert model.output.a == real[B, 2] }
    """
    listed = ", ".join(f"`{model}.{end}.{name}`" for name in names)
    return error(f"`{model}` has {len(names)} {end}s", span, help=f"say which is meant: {listed}")


@code("NS2045")
def not_a_type(span: Span, given: str) -> Diagnostic:
    """A type is compared with something else.

    A type is written as an input's is: `real[B, 10]`, `index(10)[B, T]`. Without a kind, `[B, 10]`,
    only dimensions are compared. Names of dimensions that nothing else binds may be any: what is
    the same name on one side must be the same on the other.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.output == 2 }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.output == real[B, 2] }
    """
    advice = "write a type, such as `real[B, 10]`"
    return error(f"a type is compared with {given}", span, help=advice)


@code("NS2046")
def stands_alone(span: Span, name: str) -> Diagnostic:
    """An assert that takes a run is part of a larger one.

    `overfits(...)` and `equal(A, B)` build and run models. Each is an assert by itself.

    Wrong:
        data { load_iris() }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-2)
          epochs    = 5
        }
        test { assert model.params <= 100 and overfits(rows=8, steps=100) }

    Right:
        data { load_iris() }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-2)
          epochs    = 5
        }
        test {
          assert model.params <= 100
          assert overfits(rows=8, steps=100)
        }
    """
    advice = "write an `assert` for each on a line of its own"
    return error(f"`{name}` is an assert by itself", span, help=advice)


@code("NS2047")
def not_to_overfit(span: Span, why: str) -> Diagnostic:
    """A spec that cannot be trained on a few rows is to overfit.

    `overfits(rows=32, steps=200)` trains the model on a few of its rows, with the loss and the
    optimizer of the spec.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert overfits(rows=32, steps=200) }

    Right:
        data { load_iris() }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-2)
          epochs    = 5
        }
        test { assert overfits(rows=32, steps=200) }
    """
    return error("there is nothing to overfit", span, help=why)


@code("NS2048")
def not_in_test(span: Span, message: str, help: str | None) -> Diagnostic:
    """Something in a test means nothing there.

    A test holds asserts, and names for what they compare. Types are the same or not; `count` takes
    the name of a layer or block.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.output <= real[B, 2] }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
        test { assert model.output == real[B, 2] }
    """
    return error(message, span, help=help)


@code("NS2076")
def no_such_phase(span: Span, name: str, phases: Sequence[str]) -> Diagnostic:
    """An assert asks of a phase that training does not have.

    `overfits(phase=maker)` looks at one phase of `train` by its name. A spec whose training has no
    phases has one loss, and names none.

    Wrong:
        data { load_iris() }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-2)
          epochs    = 10
        }
        test { assert overfits(rows=16, phase=critic) }

    Right:
        data { load_iris() }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-2)
          epochs    = 10
        }
        test { assert overfits(rows=16) }
    """
    listed = ", ".join(f"`{phase}`" for phase in phases)
    notes = (f"its phases are {listed}",) if phases else ("it has one loss, and no phases",)
    advice = did_you_mean(name, phases) if phases else "leave `phase` away"
    return error(f"training has no phase `{name}`", span, notes=notes, help=advice)
