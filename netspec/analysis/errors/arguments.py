"""Arguments that do not fit what they are given to (NS30xx)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, Fix, Label, code, error
from netspec.source import Span

Also = tuple[Label, ...]
Notes = tuple[str, ...]


@code("NS3001")
def unknown_argument(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """An argument has a name that is not declared.

    Layers, losses, optimizers and functions take torch's argument names. What concerns the machine
    and not the network (`device`, `dtype`, `inplace`) is left out.

    Wrong:
        model {
          input x: real[B, 3, 8, 8]
          Conv2d(8, 3, paddding=1)
        }

    Right:
        model {
          input x: real[B, 3, 8, 8]
          Conv2d(8, 3, padding=1)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3002")
def missing_argument(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """An argument without a default is not given.

    Input sizes are inferred; everything else that has no default is written.

    Wrong:
        model {
          input x: real[B, 3, 8, 8]
          Conv2d(8)
        }

    Right:
        model {
          input x: real[B, 3, 8, 8]
          Conv2d(8, 3)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3003")
def too_many_arguments(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """More arguments are given than there are.

    Arguments by position come in torch's order, without the sizes that are inferred.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Dropout(0.5, 3) -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Dropout(0.5) -> Linear(2)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3004")
def argument_type(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """An argument is of the wrong type.

    Nothing is converted in silence: 8.0 is no whole number, 1 is not `true`, `"8"` is a text.

    Wrong:
        model {
          input x: real[B, 4]
          Linear("8")
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3005")
def argument_value(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """An argument has a value that cannot be.

    The value is of the right type and out of its range, or does not go with what flows in.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Dropout(50) -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Dropout(50%) -> Linear(2)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3006")
def inferred_given(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """A size that is inferred is written, as torch has it.

    What flows into a layer is known, so its size is not written a second time: `Linear(256)` is
    torch's `Linear(784, 256)` on 784 features. By name it may be given, and is then checked.

    Wrong:
        model {
          input x: real[B, 784]
          Linear(784, 256)
        }

    Right:
        model {
          input x: real[B, 784]
          Linear(256)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3125")
def two_readings(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """A call means one thing here and another in torch, and both would do.

    Torch's `Conv2d(1, 6, 5)` takes 1 channel, gives 6 and looks through windows of 5. Here the
    input size is inferred, so that the same would give 1 channel, by windows of 6 and steps of 5.
    Where the input has as many channels as the first number says, nobody can tell which is meant.

    Wrong:
        model {
          input x: real[B, 1, 28, 28]
          Conv2d(1, 6, 5)
        }

    Right:
        model {
          input x: real[B, 1, 28, 28]
          Conv2d(6, 5)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3007")
def argument_twice(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """An argument is given by position and by name.

    Arguments by position come in the order of the declaration; what they say is not said again.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Dropout(0.5, p=0.2) -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8) -> ReLU -> Dropout(p=0.2) -> Linear(2)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS3008")
def arguments_twice(span: Span, name: str) -> Diagnostic:
    """Arguments are given to a stage that has its arguments already.

    A labelled stage that is used again is used by its bare name. A layer that was passed with some
    of its arguments, `norm=GroupNorm(8)`, may get others where it is used, by name.

    Wrong:
        model {
          input x: real[B, 4]
          fc: Linear(4)
          fc(4)
        }

    Right:
        model {
          input x: real[B, 4]
          fc: Linear(4)
          fc
        }
    """
    return error(f"`{name}` has its arguments already", span, help=f"write `-> {name}`")


@code("NS3013")
def model_argument(span: Span, model: str, name: str) -> Diagnostic:
    """The model to build has an argument without a default.

    A block gets its arguments where it is used. A model is built as it stands, so each of its
    arguments has a value.

    Wrong:
        model Net(width) {
          input x: real[B, 4]
          Linear(width)
        }

    Right:
        model Net(width=8) {
          input x: real[B, 4]
          Linear(width)
        }
    """
    return error(
        f"the argument `{name}` of the model{model} has no default",
        span,
        help=f"give it one, `{name}=...`, or make it a `param`",
    )
