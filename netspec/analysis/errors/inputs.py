"""Inputs: types as the text writes them, against what flows in (NS401x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, did_you_mean, error
from netspec.source import Span


@code("NS4009")
def unknown_kind(span: Span, name: str, names: Sequence[str]) -> Diagnostic:
    """A type names a kind that does not exist.

    The kinds say what numbers are, not how many bits they have: `real` is any float.

    Wrong:
        model {
          input x: float[B, 4]
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
    """
    listed = ", ".join(f"`{n}`" for n in names)
    floats = {"float", "float32", "float16", "double", "half", "tensor"}
    integers = {"long", "int64", "int32", "class", "token"}
    if name.lower() in floats:
        advice: str | None = "write `real`"
    elif name.lower() in integers:
        advice = "write `index(n)` for classes and tokens 0 to n-1, `int` for other integers"
    else:
        advice = did_you_mean(name, names)
    return error(f"unknown kind `{name}`", span, notes=(f"the kinds are {listed}",), help=advice)


@code("NS4010")
def kind_arguments(span: Span, name: str) -> Diagnostic:
    """A kind has arguments it does not take.

    Only `index(n)` has an argument: how many different indices there are.

    Wrong:
        model {
          input x: real(4)[B, 4]
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
    """
    advice = "write `index(n)`" if name == "index" else f"write `{name}[...]`"
    return error(f"`{name}` takes no such arguments", span, help=advice)


@code("NS4011")
def shape_missing(span: Span) -> Diagnostic:
    """A model's input has no shape and no data to take it from.

    Everything is checked before a tensor exists, so what flows in is known: from the data, or from
    what `input` says.

    Wrong:
        model {
          input x: real
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
    """
    advice = "write its dimensions, as in `real[B, 4]`, or add data"
    return error("the shape of this input is not known", span, help=advice)


@code("NS4012")
def rank_not_known(span: Span) -> Diagnostic:
    """`...` stands for dimensions that cannot be told.

    `...` stands for dimensions that the value itself tells. Without data there is no value, and of
    two `...` in one type neither can be told.

    Wrong:
        model {
          input x: real[..., 4]
          Linear(2)
        }

    Right:
        model {
          input x: real[B, T, 4]
          Linear(2)
        }
    """
    return error(
        "`...` stands for dimensions that nothing tells here",
        span,
        help="name each dimension, as in `real[B, T, 4]`, or add data",
    )


@code("NS4013")
def input_kind(span: Span, wanted: str, given: str, origin: Span) -> Diagnostic:
    """An input is declared of one kind and gets another.

    What `input` says is checked against what flows in.

    Wrong:
        data { make_moons(n_samples=100) }
        model {
          input x: index(100)[B, 2]
          Embedding(8) -> Flatten -> Linear(1)
        }

    Right:
        data { make_moons(n_samples=100) }
        model {
          input x: real[B, 2]
          Linear(8) -> ReLU -> Linear(1)
        }
    """
    return error(
        f"the input is declared `{wanted}`, and gets {given}",
        span,
        also=(Label(origin, f"{given} comes from here"),),
    )


@code("NS4014")
def input_rank(span: Span, given: str, origin: Span) -> Diagnostic:
    """An input is declared with another number of dimensions than it gets.

    What `input` says is checked against what flows in. The batch is a dimension too.

    Wrong:
        data { make_moons(n_samples=100) }
        model {
          input x: real[2]
          Linear(1)
        }

    Right:
        data { make_moons(n_samples=100) }
        model {
          input x: real[B, 2]
          Linear(1)
        }
    """
    return error(
        f"the input is declared `{span.text}`, and gets {given}",
        span,
        also=(Label(origin, f"{given} comes from here"),),
    )


@code("NS4015")
def input_size(span: Span, wanted: str, size: str, given: str, origin: Span) -> Diagnostic:
    """An input is declared with another size than it gets.

    What `input` says is checked against what flows in. A size that may be anything gets a name.

    Wrong:
        data { make_moons(n_samples=100) }
        model {
          input x: real[B, 3]
          Linear(1)
        }

    Right:
        data { make_moons(n_samples=100) }
        model {
          input x: real[B, D]
          Linear(1)
        }
    """
    advice = f"write {size}, or a name for any size" if size.isdigit() else None
    return error(
        f"the input is declared of size {wanted} here, and gets {size}",
        span,
        also=(Label(origin, f"{given} comes from here"),),
        help=advice,
    )


@code("NS4016")
def size_below_one(span: Span, value: int) -> Diagnostic:
    """A declared size is zero or negative.

    A dimension has at least one place. One that may be of any size gets a name, such as `T`.

    Wrong:
        model {
          input x: real[B, 0]
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
    """
    advice = "give a dimension of any size a name, such as `T`"
    return error(f"a size is at least 1, not {value}", span, help=advice)


@code("NS4017")
def input_not_known(span: Span, fields: Sequence[str], *, absent: bool = False) -> Diagnostic:
    """A model's input is neither declared nor in the data.

    A model without `input` takes the data's field `x`. Without data the text says what flows in, so
    that rows can be made up.

    Wrong:
        model {
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(2)
        }
    """
    named = ", ".join(f"`{field}`" for field in fields)
    if absent:
        return error(
            "the type of the model's input is not known",
            span,
            notes=("the data are not there, so fields are what models and losses ask for",),
            help="write it out, as in `input x: real[B, 4]`, or put the data there",
        )
    return error(
        "the type of the model's input is not known",
        span,
        notes=(f"the data has {named}",) if fields else (),
        help="name a field of the data `x`, or say `input` and its name in the model"
        if fields
        else "add `data { ... }`, or `input x: real[B, 4]` to the model",
    )


@code("NS4018")
def input_without_field(span: Span, name: str, fields: Sequence[str]) -> Diagnostic:
    """A model has an input that the data does not have.

    Fields of the data feed the inputs of the same names.

    Wrong:
        data { make_moons(n_samples=100) }
        model {
          input points
          Linear(1)
        }

    Right:
        data { make_moons(n_samples=100) }
        model {
          input x
          Linear(1)
        }
    """
    named = ", ".join(f"`{field}`" for field in fields)
    return error(
        f"the data has no field `{name}` for this input",
        span,
        notes=(f"the data has {named}",),
        help=did_you_mean(name, fields) or f"name a field of the data `{name}`",
    )


@code("NS4019")
def no_size_fits(symbol: str, facts: Sequence[tuple[Span, str]]) -> Diagnostic:
    """No size of a dimension fits the model.

    What hangs on a size not known yet becomes a requirement. Here the requirements contradict one
    another, so that no input could ever pass.

    Wrong:
        model {
          input x: real[B, T]
          even = x -> Unflatten(1, [2, -1])
          odd = x[:, 1:] -> Unflatten(1, [2, -1])
          output even, odd
        }

    Right:
        model {
          input x: real[B, T]
          even = x -> Unflatten(1, [2, -1])
          odd = x[:, 2:] -> Unflatten(1, [2, -1])
          output even, odd
        }
    """
    (span, text), *others = reversed(facts)
    also = tuple(Label(place, f"needs `{fact}`") for place, fact in others)
    return error(f"no size of `{symbol}` fits the model", span, f"needs `{text}`", also=also)


@code("NS2130")
def classes_not_told(span: Span, name: str, given: str | None) -> Diagnostic:
    """A type names a number of classes that nothing tells.

    In `index(V)` a new name is bound to how many different indices flow in: of the data, of the
    value that a block is applied to. Where nothing flows in yet, the number is written, or is a
    param.

    Wrong:
        model {
          input tokens: index(V)[B, T]
          Embedding(16) -> Linear(V)
        }

    Right:
        param V = 1000
        model {
          input tokens: index(V)[B, T]
          Embedding(16) -> Linear(V)
        }
    """
    return error(
        f"nothing tells `{name}`, how many different indices there are",
        span,
        notes=() if given is None else (f"what flows in is `{given}`",),
        help=f"give the number, as in `index(1000)`, make `{name}` a param, or add data that tells",
    )


@code("NS2135")
def size_not_told(span: Span, name: str, formula: str, names: Sequence[str]) -> Diagnostic:
    """A formula for a size has a name that nothing tells.

    A name that stands by itself, `T` in `real[B, T]`, is bound to the size there. A formula over
    names, `T + 1`, is held against the size, and binds nothing.

    Wrong:
        model {
          input x: real[B, 2 * T, 4]
          x[:, :T]
        }

    Right:
        model {
          input x: real[B, S, 4]
          x[:, :S // 2]
        }
    """
    near = did_you_mean(name, names)
    return error(
        f"nothing tells `{name}`, which stands in a formula only",
        span,
        notes=("a size is bound by a name that stands by itself, as in `real[B, T]`",),
        help=near or f"name the whole size, and compute from it; or make `{name}` a param",
    )
