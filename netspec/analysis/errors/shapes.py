"""Shapes and kinds that do not meet (NS400x)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, Fix, Label, code, error
from netspec.source import Span

Also = tuple[Label, ...]
Notes = tuple[str, ...]


@code("NS4001")
def wrong_rank(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """A tensor has the wrong number of dimensions.

    A layer says how many dimensions it takes, the batch included: `Conv2d` takes [B, C, H, W].

    Wrong:
        model {
          input x: real[B, 784]
          Conv2d(16, 3)
        }

    Right:
        model {
          input x: real[B, 784]
          Unflatten(1, [1, 28, 28]) -> Conv2d(16, 3)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS4002")
def sizes_differ(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """Sizes that must agree do not.

    The message names both sizes, the labels show where the tensors come from. Losses never
    broadcast: a prediction [B, 3] and a target [B, 1] do not meet.

    Wrong:
        model {
          input x: real[B, 4]
          x + (x -> Linear(8))
        }

    Right:
        model {
          input x: real[B, 4]
          x + (x -> Linear(4))
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS4003")
def wrong_kind(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """The numbers of a tensor are of the wrong kind.

    A kind says what numbers are: `real`, `unit` (within 0..1), `prob`, `logprob`, `index(n)`,
    `int`, `bool`. `CrossEntropyLoss` applies a softmax itself, so it wants raw scores: a `Softmax`
    before it would be applied twice, and the network would learn badly and say nothing.

    Wrong:
        data { load_iris() }
        model { Linear(3) -> Softmax(dim=1) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data {
          rows = load_iris()
          x    = rows.x -> StandardScaler
          y    = rows.y
        }
        model { Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS4004")
def wrong_count(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """The wrong number of values flows into a stage.

    An `LSTM` gives three results, most layers take one. `(q, k, v) -> ...` sends several.

    Wrong:
        model {
          input x: real[B, 10, 4]
          LSTM(16, batch_first=true)
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 10, 4]
          out, h, c = x -> LSTM(16, batch_first=true)
          out[:, -1] -> Linear(2)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS4005")
def unknown_size(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """A layer needs a size that is not known.

    Weights are made before any data flows, so the sizes they hang on are known by then. A name in
    `input` such as `T` stands for a size that is not.

    Wrong:
        model {
          input x: real[B, 3, H, W]
          Conv2d(16, 3) -> Flatten -> Linear(10)
        }

    Right:
        model {
          input x: real[B, 3, 32, 32]
          Conv2d(16, 3) -> Flatten -> Linear(10)
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS4006")
def classes_differ(
    span: Span,
    message: str,
    *,
    also: Also = (),
    notes: Notes = (),
    help: str | None = None,
    fix: Fix | None = None,
) -> Diagnostic:
    """The classes of the data and the outputs of the model differ in number.

    A label of kind `index(10)` has 10 classes, and a model that tells them apart 10 outputs.

    Wrong:
        data { load_digits() }
        model { Linear(12) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data {
          rows = load_digits()
          x    = rows.x -> StandardScaler
          y    = rows.y
        }
        model { Linear(10) }
        train {
          loss      = CrossEntropyLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error(message, span, also=also, notes=notes, help=help, fix=fix)


@code("NS4007")
def not_a_tensor(span: Span, what: str) -> Diagnostic:
    """Something that is no tensor flows into a stage.

    Numbers and texts are for arguments; tensors flow.

    Wrong:
        param width = 20
        model {
          input x: real[B, 4]
          width -> Linear(2)
        }

    Right:
        param width = 20
        model {
          input x: real[B, 4]
          x -> Linear(width) -> ReLU -> Linear(2)
        }
    """
    return error(f"a tensor flows into a stage, not {what}", span)


@code("NS4008")
def shared_differs(
    span: Span, name: str, argument: str, first: str, second: str, there: Span, producer: Span
) -> Diagnostic:
    """A shared stage would need two sizes at once.

    A labelled stage that is used again has the same weights, and so takes what it took before.

    Wrong:
        model {
          input x: real[B, 4]
          fc: Linear(8) -> ReLU
          fc -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 8]
          fc: Linear(8) -> ReLU
          fc -> Linear(2)
        }
    """
    return error(
        f"`{name}` is shared, and would need `{argument}` {first} and {second}",
        span,
        f"{second} here",
        also=(Label(there, f"{first} here"), Label(producer, "the value comes from here")),
        notes=("a label applies its stage where it stands, and does not declare it for later",),
        help="give it the same size both times, or write a stage of its own for each",
    )
