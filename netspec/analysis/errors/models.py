"""Models that `train` applies by their names, used in ways they cannot be (NS503x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span


@code("NS5030")
def model_unused(span: Span, name: str) -> Diagnostic:
    """A model stands beside those that `train` applies, and is used by nothing.

    Where `train` applies models by their names, those are what is trained. Another model would be
    built for nothing, or was forgotten in the loss.

    Wrong:
        data { load_iris() }
        model Encoder { Linear(2) }
        model Decoder { Linear(4) }
        model Critic  { Linear(1) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }

    Right:
        data { load_iris() }
        model Encoder { Linear(2) }
        model Decoder { Linear(4) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }
    """
    if not name:
        return error(
            "the model without a name is not used: `train` applies others",
            span,
            help="give it a name, and apply it in the loss: `x -> Name`",
        )
    return error(
        f"the model `{name}` is used by nothing",
        span,
        help=f"apply it in the loss, as in `x -> {name}`, or take it out",
    )


@code("NS5031")
def weights_in_train(span: Span, what: str, name: str, function: str | None) -> Diagnostic:
    """A layer or a block is applied in `train`.

    What is applied in `train` is a model, by its name: its weights are trained and kept. A layer
    made in the middle of a loss would belong to no model. What has no weights is a function too:
    `relu(x)`, `softmax(x, dim=1)`.

    Wrong:
        data { load_iris() }
        model Encoder { Linear(2) }
        train {
          loss      = MSELoss(x -> Encoder -> Linear(4), x)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }

    Right:
        data { load_iris() }
        model Encoder { Linear(2) }
        model Decoder { Linear(4) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }
    """
    advice = f"make it part of a model, and apply that: `model Name {{ {name} }}`"
    if function is not None:
        advice = f"use the function `{function}`, or make the layer part of a model"
    return error(f"`train` applies models, not the {what} `{name}`", span, help=advice)


@code("NS5032")
def model_application(span: Span, name: str, what: str, advice: str) -> Diagnostic:
    """A model is applied in `train` with arguments or under a label.

    A model is built once, from its own text: the arguments it has are those of its declaration,
    which a param may set, and its weights are known by its own name.

    Wrong:
        param width = 8
        data { load_iris() }
        model Encoder(size=width) { Linear(size) }
        model Decoder { Linear(4) }
        train {
          loss      = MSELoss(x -> Encoder(16) -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }

    Right:
        param width = 16
        data { load_iris() }
        model Encoder(size=width) { Linear(size) }
        model Decoder { Linear(4) }
        train {
          loss      = MSELoss(x -> Encoder -> Decoder, x)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }
    """
    return error(f"the model `{name}` takes no {what} here", span, help=advice)


@code("NS5033")
def loss_compares_nothing(span: Span, loss: str, models: Sequence[str]) -> Diagnostic:
    """A loss by name alone, where `train` applies its models itself.

    A loss by name compares the output of *the* model with `y`. Where `train` applies models, it
    says what is compared.

    Wrong:
        data { load_iris() }
        model Encoder { Linear(8) -> ReLU }
        model Head    { Linear(3) }
        train {
          score     = x -> Encoder -> Head
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }

    Right:
        data { load_iris() }
        model Encoder { Linear(8) -> ReLU }
        model Head    { Linear(3) }
        train {
          score     = x -> Encoder -> Head
          loss      = CrossEntropyLoss(score, y)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }
    """
    listed = ", ".join(f"`{name}`" for name in models)
    return error(
        f"it is not said what `{loss}` compares",
        span,
        notes=(f"`train` applies {listed} itself",),
        help=f"say what with what, as in `{loss}(x -> {models[0]}, y)`",
    )


@code("NS5041")
def no_baseline(span: Span) -> Diagnostic:
    """A baseline is asked for where `train` applies its models itself.

    A baseline is given the inputs of *the* model and its answer takes the place of the model's
    output. Models that `train` applies have inputs of their own, so there is no such place.

    Wrong:
        data { load_iris() }
        model Encoder { Linear(8) -> ReLU }
        model Head    { Linear(3) }
        train {
          loss      = CrossEntropyLoss(x -> Encoder -> Head, y)
          optimizer = Adam(lr=1e-3)
          epochs    = 10
          baseline  = LogisticRegression
        }

    Right:
        data { load_iris() }
        model Encoder { Linear(8) -> ReLU }
        model { Encoder -> Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam(lr=1e-3)
          epochs    = 10
          baseline  = LogisticRegression
        }
    """
    return error(
        "a baseline has no place among models that `train` applies",
        span,
        help="take it out, or put the models together in one and use its loss by name",
    )
