"""Parameters, buffers, and how they begin (NS2110 to NS2117)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Edit, Fix, Label, code, did_you_mean, error
from netspec.source import Span


@code("NS2110")
def stored_label(span: Span, what: str, target: str | None = None) -> Diagnostic:
    """A parameter or buffer has no label.

    Its label is its key in the `state_dict`, so that checkpoints outlive edits of the text. `=`
    names a value, and no weights.

    Wrong:
        model {
          input x: real[B, 4]
          scale = Parameter(ones(4))
          x * scale
        }

    Right:
        model {
          input x: real[B, 4]
          scale: Parameter(ones(4))
          x * scale
        }
    """
    note = ("its label is its key in the `state_dict`",)
    if target is not None:
        sign = Fix((Edit(span, ": "),), safe=True)
        return error(
            f"`{target}` is to be a label of this `{what}`: write `:`, not `=`",
            span,
            notes=note,
            help=f"write `{target}: {what}(...)`",
            fix=sign,
        )
    return error(
        f"`{what}` needs a label",
        span,
        notes=note,
        help=f"on a line of its own write `name: {what}(...)`, and use `name` here",
    )


@code("NS2111")
def stored_unused(span: Span, label: str, what: str) -> Diagnostic:
    """A parameter or buffer is never used.

    A parameter that nothing looks at would never learn, and a buffer that nothing looks at only
    takes room.

    Wrong:
        model {
          input x: real[B, 4]
          scale: Parameter(ones(4))
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          scale: Parameter(ones(4))
          x * scale -> Linear(2)
        }
    """
    return error(
        f"the {what.lower()} `{label}` is never used",
        span,
        help=f"use `{label}` in an expression, as in `x + {label}`, or take it out",
    )


@code("NS2112")
def stored_not_constant(
    span: Span, what: str, why: str, also: tuple[Label, ...] = (), help: str | None = None
) -> Diagnostic:
    """A parameter or buffer is made of something that only exists when the model runs.

    It is made with the model, before any data is seen: of sizes that are known, constants, and
    functions of them, by their names too, and of buffers of the same body that stand above. A
    dimension that only the data tells, an input, or what a layer gives, comes too late; random
    numbers with a name are drawn anew each time, and a parameter changes while it is trained.

    Wrong:
        model {
          input x: real[B, T, 8]
          position: Parameter([T, 8], init=zeros)
          x + position
        }

    Right:
        model {
          input x: real[B, T, 8]
          position: Parameter([128, 8], init=zeros)
          x + position[:T]
        }
    """
    return error(f"a `{what}` is made before the model runs, and {why}", span, also=also, help=help)


@code("NS2113")
def stored_init(span: Span, what: str, shape: str | None) -> Diagnostic:
    """A parameter or buffer of a shape has no `init`, or a tensor has one besides.

    A shape alone does not say what the numbers are, and torch would leave whatever the memory held.
    A tensor already has its numbers.

    Wrong:
        model {
          input x: real[B, 4]
          shift: Parameter([4])
          x + shift
        }

    Right:
        model {
          input x: real[B, 4]
          shift: Parameter([4], init=zeros)
          x + shift
        }
    """
    if shape is None:
        return error(
            f"the tensor given to `{what}` has its numbers already",
            span,
            help=f"leave `init` out, or give a shape: `{what}([...], init=...)`",
        )
    return error(
        f"`{what}` of the shape {shape} does not say what its numbers are",
        span,
        help="add `init=zeros`, `init=normal(std=0.02)` or another function of `torch.nn.init`",
    )


@code("NS2114")
def stored_arguments(
    span: Span, message: str, help: str | None, notes: tuple[str, ...] = ()
) -> Diagnostic:
    """A parameter or buffer is given what it does not take.

    `Parameter([1, 16, 64], init=normal(std=0.02))` has a shape, a list of sizes of at least 1, and
    how its numbers begin. `Parameter(ones(64))` takes a tensor. A `Buffer` takes `persistent` too.

    Wrong:
        model {
          input x: real[B, 4]
          shift: Parameter(1, 4, init=zeros)
          x + shift
        }

    Right:
        model {
          input x: real[B, 4]
          shift: Parameter([1, 4], init=zeros)
          x + shift
        }
    """
    return error(message, span, notes=notes, help=help)


@code("NS2115")
def stored_kind(span: Span, given: str) -> Diagnostic:
    """A parameter is to hold integers or truth values.

    A parameter learns by small steps, which only real numbers can take. What never learns is a
    buffer, which may be of any kind.

    Wrong:
        model {
          input x: real[B, 4]
          place: Parameter(arange(4))
          x + place
        }

    Right:
        model {
          input x: real[B, 4]
          place: Buffer(arange(4))
          x + place
        }
    """
    return error(
        f"a parameter holds real numbers, not `{given}`",
        span,
        help="make it a `Buffer`, or real numbers: `1.0 * ...`",
    )


@code("NS2116")
def unknown_init(span: Span, given: str, names: Sequence[str]) -> Diagnostic:
    """There is no way to begin of that name.

    `init` takes a function of `torch.nn.init` by its name, without the underscore at its end, with
    its arguments or without.

    Wrong:
        model {
          input x: real[B, 4]
          shift: Parameter([4], init=gaussian(std=0.02))
          x + shift
        }

    Right:
        model {
          input x: real[B, 4]
          shift: Parameter([4], init=normal(std=0.02))
          x + shift
        }
    """
    plain = given.strip('"').removeprefix("nn.init.").removesuffix("_")
    listed = ", ".join(f"`{name}`" for name in names)
    advice: str | None = f"write `{plain}`" if plain in names else did_you_mean(plain, names)
    kin = [f"`{name}`" for name in names if name.startswith(f"{plain}_")]
    if advice is None and kin:
        advice = f"did you mean {' or '.join(kin)}?"
    elif advice is None and not plain[:1].isalpha() and plain:
        advice = f"one number everywhere is `constant({plain})`"
    return error(
        f"`{given}` is no function of `torch.nn.init`",
        span,
        notes=() if advice else (f"there are {listed}",),
        help=advice,
    )


@code("NS2117")
def init_shape(
    span: Span, name: str, wants: str, shape: str, also: tuple[Label, ...] = (), help: str = ""
) -> Diagnostic:
    """A function of `torch.nn.init` cannot fill a tensor of this shape.

    The Xavier and Kaiming functions look at how many numbers go into and come out of a layer, which
    a tensor of one dimension, a bias or the weight of a norm, does not tell. torch refuses it too.

    Wrong:
        model {
          input x: real[B, 4]
          shift: Parameter([4], init=xavier_uniform)
          x + shift
        }

    Right:
        model {
          input x: real[B, 4]
          shift: Parameter([4], init=uniform(a=-0.1, b=0.1))
          x + shift
        }
    """
    return error(
        f"`{name}` wants {wants}, not {shape}",
        span,
        also=also,
        help=help or "`zeros`, `ones`, `constant`, `uniform` and `normal` fill any shape",
    )


@code("NS2123")
def no_such_tensor(
    span: Span, name: str, owner: str, what: str, names: Sequence[str], there: Span
) -> Diagnostic:
    """A labelled layer or block has no tensor, and no part, of that name.

    The tensors of a layer have torch's names: `weight`, `bias`, `running_mean`. Below a block, a
    container or a loop the labels inside it lead on: `block.fc.weight`, `h[0].weight`.

    Wrong:
        model {
          input x: real[B, 8]
          h = x -> fc: Linear(8, bias=false)
          h + fc.bias
        }

    Right:
        model {
          input x: real[B, 8]
          h = x -> fc: Linear(8)
          h + fc.bias
        }
    """
    listed = ", ".join(f"`{known}`" for known in names[:8]) + (", ..." if len(names) > 8 else "")
    advice = did_you_mean(name, names)
    return error(
        f"`{owner}` has no tensor or part `{name}`",
        span,
        also=(Label(there, f"{what} is labelled here"),),
        notes=(f"it has {listed}",) if names and advice is None else (),
        help=advice,
    )


@code("NS2121")
def not_a_label(span: Span, name: str, there: Span) -> Diagnostic:
    """`tie` names something that is no labelled layer, block or parameter.

    `tie` shares the tensors of things with labels: `tie head.weight = embed.weight`. A name that
    stands for a value or a number has no tensors of its own.

    Wrong:
        model {
          input x: real[B, 8]
          h = x -> Linear(8)
          h -> fc: Linear(8)
          tie fc.weight = h.weight
        }

    Right:
        model {
          input x: real[B, 8]
          first: Linear(8) -> Tanh
          fc: Linear(8)
          tie fc.weight = first.weight
        }
    """
    return error(
        f"`{name}` is no label of a layer, block or parameter",
        span,
        also=(Label(there, "it is bound here"),),
        help="label the layer, as in `fc: Linear(8)`, and write `fc.weight`",
    )
