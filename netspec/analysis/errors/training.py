"""Training plans that cannot be meant: losses, metrics, stops, groups (NS50xx)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.analysis.patterns import pattern_advice
from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span


@code("NS5006")
def no_model(span: Span) -> Diagnostic:
    """A spec trains without a model.

    `train` says how; what is trained is said by `model`.

    Wrong:
        data { make_moons(n_samples=100) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error("there is nothing to train", span, help="add `model { ... }`")


@code("NS5007")
def no_data(span: Span) -> Diagnostic:
    """A spec trains without data.

    `train` says how; the rows to train on are said by `data`.

    Wrong:
        model {
          input x: real[B, 2]
          Linear(1)
        }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model {
          input x: real[B, 2]
          Linear(1)
        }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error("there is no data to train on", span, help="add `data { ... }`")


@code("NS5008")
def several_models(span: Span, models: Sequence[tuple[str, Span]]) -> Diagnostic:
    """Several models stand in a file and none is the one to train.

    The model without a name is the one that is trained, or the only one. Several are trained by a
    loss that applies them by their names: `MSELoss(x -> Encoder -> Decoder, x)`.

    Wrong:
        data { make_moons(n_samples=100) }
        model Small { Linear(1) }
        model Large { Linear(8) -> ReLU -> Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model Small { Linear(1) }
        model { Linear(8) -> ReLU -> Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    listed = " or ".join(f"`{name}`" for name, _ in models)
    return error(
        f"it is not said which model to train, {listed}",
        span,
        also=tuple(Label(place) for _, place in models),
        help="apply them in the loss, as in `x -> Name`, or leave the one to train without a name",
    )


@code("NS5009")
def no_target(span: Span, fields: Sequence[str]) -> Diagnostic:
    """A loss has nothing to compare the model's output with.

    A loss by name compares the model's output with the field `y` of the data. Any other field is
    named in an expression: `loss = MSELoss(prediction, price)`.

    Wrong:
        data {
          rows  = make_moons(n_samples=100)
          x     = rows.x
          label = rows.y
        }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data {
          rows = make_moons(n_samples=100)
          x    = rows.x
          y    = rows.y
        }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    listed = ", ".join(f"`{name}`" for name in fields)
    return error(
        "the data has no field `y` to compare the output with",
        span,
        notes=(f"the data has {listed}",),
        help="name the target `y`, or write the loss as an expression over the fields",
    )


@code("NS5010")
def loss_not_scalar(span: Span, type: str) -> Diagnostic:
    """A loss is not a single number.

    What is made smaller is one number: a mean or a sum over the rows.

    Wrong:
        data { load_diabetes() }
        model {
          p = x -> Linear(1)
          output p
        }
        train {
          loss      = (p[:, 0] - y) ** 2
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data { load_diabetes() }
        model {
          p = x -> Linear(1)
          output p
        }
        train {
          loss      = mean((p[:, 0] - y) ** 2)
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error(
        f"the loss is {type}, not a single number", span, help=f"write `mean({span.text})`"
    )


@code("NS5011")
def several_outputs(span: Span, names: Sequence[str], example: str) -> Diagnostic:
    """A loss by name meets a model with several outputs.

    A loss by name compares the model's output with `y`. Where there are several outputs, the loss
    says which.

    Wrong:
        data { load_diabetes() }
        model {
          center = x -> Linear(1)
          spread = x -> Linear(1)
          output center, spread
        }
        train {
          loss      = MSELoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data { load_diabetes() }
        model {
          center = x -> Linear(1)
          spread = x -> Linear(1)
          output center, spread
        }
        train {
          loss      = MSELoss(center, y) + mean(spread ** 2)
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    listed = ", ".join(f"`{name}`" for name in names)
    return error(
        f"the model has several outputs, {listed}",
        span,
        help=f"say which, as in `loss = {example}`",
    )


@code("NS5012")
def metric_task(
    span: Span, metric: str, task: str, suited: Sequence[str], help: str | None = None
) -> Diagnostic:
    """A metric does not suit what the model predicts.

    Accuracy counts right classes, so there have to be classes; a mean square error measures
    numbers.

    Wrong:
        data { load_diabetes() }
        model { Linear(1) }
        train {
          loss      = MSELoss
          optimizer = SGD(lr=0.1)
          metrics   = [accuracy]
          epochs    = 10
        }

    Right:
        data { load_diabetes() }
        model { Linear(1) }
        train {
          loss      = MSELoss
          optimizer = SGD(lr=0.1)
          metrics   = [r2]
          epochs    = 10
        }
    """
    listed = ", ".join(f"`{name}`" for name in suited)
    advice = f"metrics that do: {listed}" if suited else None
    return error(f"`{metric}` does not suit {task}", span, help=help or advice)


@code("NS5013")
def bad_condition(span: Span) -> Diagnostic:
    """A stop condition is not one of the forms there are.

    A condition compares the loss or a metric, of the training or the validation rows, with a
    number, or says that it stalls. Conditions are joined by `and` and `or`.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          stop when loss < 0.1
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          stop when train.loss < 0.1
        }
    """
    return error(
        "this is no stop condition",
        span,
        help="write `train.error == 0`, `val.loss < 0.1` or `stalled(val.loss, epochs=5)`",
    )


@code("NS5014")
def no_validation(span: Span) -> Diagnostic:
    """A validation metric is asked for, and no rows are kept for validation.

    `val.loss` is measured on rows that the training does not see. `split` in `data` keeps some.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          stop when stalled(val.loss, epochs=5)
        }

    Right:
        data {
          rows = make_moons(n_samples=100)
          x    = rows.x
          y    = rows.y
          split(train=80%, val=20%)
        }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          stop when stalled(val.loss, epochs=5)
        }
    """
    return error(
        "there are no validation rows to measure this on",
        span,
        help="add `split(train=80%, val=20%)` to the data",
    )


@code("NS5015")
def group_matches_nothing(
    span: Span, pattern: str, names: Sequence[str], candidates: Sequence[str]
) -> Diagnostic:
    """A group's pattern matches no parameter of the model.

    Patterns are matched against the names of the parameters, as `state_dict` has them; `*` stands
    for anything. A group that nothing falls into is a slip of the pen.

    Wrong:
        data { make_moons(n_samples=100) }
        model { head: Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          group "haed.*" { weight_decay = 0.01 }
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { head: Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          group "head.*" { weight_decay = 0.01 }
          epochs    = 10
        }
    """
    shown = ", ".join(f"`{name}`" for name in names[:6]) + (", ..." if len(names) > 6 else "")
    return error(
        f'`"{pattern}"` matches no parameter',
        span,
        notes=(f"the parameters are {shown}" if names else "the model has no parameters",),
        help=pattern_advice(pattern, names, candidates),
    )


@code("NS5016")
def nothing_learned(span: Span, frozen: Span | None = None) -> Diagnostic:
    """A model without parameters is trained.

    Training changes parameters. A model of functions and activations alone has none, and where all
    are frozen none is left.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Sigmoid -> mean(dim=1) }
        train {
          loss      = BCELoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) -> Sigmoid }
        train {
          loss      = BCELoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    if frozen is not None:
        return error(
            "every parameter of the model is frozen, so nothing is learned",
            span,
            also=(Label(frozen, "this freezes the last of them"),),
            help="freeze fewer, by a narrower pattern",
        )
    return error(
        "the model has no parameters to train",
        span,
        help="add a layer with weights, such as `Linear`",
    )


@code("NS5017")
def stored_two_ways(span: Span, field: str, looked_up: Span) -> Diagnostic:
    """A field is needed as whole numbers and as real numbers at once.

    An embedding looks up whole numbers; a loss such as `MSELoss` compares real ones. One field is
    held in one form.

    Wrong:
        data {
          rows = make_moons(n_samples=100)
          y    = rows.y
        }
        model {
          input y
          Embedding(4) -> Linear(1)
        }
        train {
          loss      = MSELoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }

    Right:
        data {
          rows  = make_moons(n_samples=100)
          moon  = rows.y
          y     = rows.y
        }
        model {
          input moon
          Embedding(4) -> Linear(1)
        }
        train {
          loss      = MSELoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
        }
    """
    return error(
        f"`{field}` is wanted as whole numbers and as real numbers",
        span,
        "as real numbers here",
        also=(Label(looked_up, "as whole numbers here"),),
        help="make a second field of it in `data`, and use one here and one there",
    )


@code("NS5024")
def optimizer_unsuited(
    span: Span, message: str, parameter: str, owner: Span, advice: str
) -> Diagnostic:
    """An optimizer cannot move one of the parameters.

    `Muon` is for matrices: it takes no bias and no window of a convolution. The gradient of an
    `Embedding(sparse=true)` holds the rows that were looked up and no others; `SparseAdam` takes
    such gradients only, `SGD`, `Adagrad` and `LBFGS` take them too, and nothing else does.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = Muon(lr=0.01)
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1, bias=false) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = Muon(lr=0.01)
          epochs    = 10
        }
    """
    return error(message, span, also=(Label(owner, f"`{parameter}` is here"),), help=advice)
