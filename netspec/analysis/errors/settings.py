"""Settings of `train` and what is chosen by name (NS500x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, did_you_mean, error
from netspec.source import Span

# What a setting is that is given values without brackets.
SEVERAL = "one value, and several in a list"

# What other libraries call a setting, and where PyTorch has what is no setting here.
HABITS = {
    "batch_size": "write `batch`",
    "num_epochs": "write `epochs`",
    "max_epochs": "write `epochs`",
    "n_epochs": "write `epochs`",
    "num_workers": "write `workers`",
    "scheduler": "write `schedule`",
    "lr_scheduler": "write `schedule`",
    "grad_clip": "write `clip`",
    "clip_grad_norm": "write `clip`",
    "max_norm": "write `clip`",
    "early_stopping": "write `stop when stalled(val.loss, epochs=5)`",
    "shuffle": "take it out: the rows are drawn anew in every epoch",
    "learning_rate": "give it to the optimizer: `Adam(lr=1e-3)`",
} | {
    name: f"give it to the optimizer: `{example}`"
    for name, example in (
        ("lr", "Adam(lr=1e-3)"),
        ("weight_decay", "AdamW(weight_decay=0.01)"),
        ("momentum", "SGD(lr=0.1, momentum=0.9)"),
        ("betas", "Adam(betas=[0.9, 0.95])"),
    )
}


@code("NS5001")
def unknown_setting(
    span: Span, name: str, settings: Sequence[str], meant: str | None = None
) -> Diagnostic:
    """A setting has a name that `train` does not know, and no loss uses it.

    A name that is no setting is a term of the loss. One that no loss uses is a slip of the pen.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epoch     = 10
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
    advice = HABITS.get(name) or did_you_mean(name, settings)
    if meant is not None:
        advice = f"did you mean `{meant}`?"
    return error(
        f"unknown setting `{name}`" if advice else f"`{name}` is no setting, and no loss uses it",
        span,
        notes=("a name that is no setting is a term, and the loss does not use this one",)
        if advice
        else (),
        help=advice or "use it in `loss`, or take it out",
    )


@code("NS5002")
def setting_twice(span: Span, name: str, earlier: Span, *, term: bool = False) -> Diagnostic:
    """A setting is given twice.

    A setting has one value. Which of two was meant is not guessed. Neither is a term of the loss
    bound twice: each is logged by its name.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          epochs    = 20
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 20
        }
    """
    return error(
        f"`{name}` is set twice",
        span,
        also=(Label(earlier, "first set here"),),
        help="give the second another name" if term else "keep one of the two",
    )


@code("NS5003")
def setting_missing(span: Span, name: str, example: str, where: str = "`train`") -> Diagnostic:
    """A setting without a default is not given.

    Every training has a loss, an optimizer and a length: `epochs` or `steps`.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
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
    what = "`epochs` or `steps`" if name == "epochs" else f"`{name}`"
    return error(f"{where} needs {what}", span, help=f"add, for example, `{example}`")


@code("NS5004")
def setting_value(span: Span, name: str, wanted: str, given: str) -> Diagnostic:
    """A setting has a value it cannot have.

    Each setting says what it takes; nothing is converted or cut off in silence.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = "ten"
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
    several = wanted == SEVERAL
    advice = f"write `{name} = [{span.text}]`" if several else None
    return error(f"`{name}` is {wanted}, not {given}", span, help=advice)


@code("NS5005")
def unknown_choice(
    span: Span, kind: str, name: str, names: Sequence[str], left_out: str | None = None
) -> Diagnostic:
    """There is no loss, optimizer, schedule, metric or estimator of that name.

    They have the names that torch and scikit-learn give them, capitals included.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = Adm(lr=1e-3)
          epochs    = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = Adam(lr=1e-3)
          epochs    = 10
        }
    """
    article = "an" if kind[0] in "aeiou" else "a"
    listed = ", ".join(f"`{n}`" for n in names)
    advice = did_you_mean(name, names) if left_out is None else None
    return error(
        f"`{name}` is not {article} {kind}"
        if left_out is None
        else f"torch's `{name}` is left out: it {left_out}",
        span,
        notes=() if advice or len(names) > 20 else (f"there are {listed}",),
        help=advice,
    )


@code("NS5018")
def not_in_train(span: Span) -> Diagnostic:
    """A statement stands in `train` that does not belong there.

    `train` holds settings, terms of the loss, `group` and `stop when`. Layers belong in the model.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          Linear(3)
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
    return error("this does not belong in `train`", span, help="settings are `name = value`")


@code("NS5020")
def not_with_optimizer(span: Span, optimizer: str, what: str) -> Diagnostic:
    """An optimizer cannot do what another setting asks of it.

    `LBFGS` evaluates the loss of a batch several times a step, and moves all parameters along one
    line: it knows no groups of parameters, and no gradients gathered over several batches.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss       = BCEWithLogitsLoss
          optimizer  = LBFGS
          accumulate = 2
          batch      = 50
          epochs     = 10
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss       = BCEWithLogitsLoss
          optimizer  = LBFGS
          epochs     = 10
        }
    """
    return error(f"`{optimizer}` takes no {what}", span, help="take it out, or use `AdamW`")


@code("NS5055")
def not_in_precision(span: Span, name: str, precision: str, asked: Span) -> Diagnostic:
    """A loss needs more digits than the precision has.

    In `bf16` and `fp16` a probability near 0 or 1 is rounded to it, and its logarithm is infinite.
    `BCEWithLogitsLoss` takes the score before the `Sigmoid` and is safe in any precision.

    Wrong:
        data { make_moons(n_samples=100) }
        model { Linear(1) -> Sigmoid }
        train {
          loss      = BCELoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          precision = "bf16"
        }

    Right:
        data { make_moons(n_samples=100) }
        model { Linear(1) }
        train {
          loss      = BCEWithLogitsLoss
          optimizer = SGD(lr=0.1)
          epochs    = 10
          precision = "bf16"
        }
    """
    return error(
        f"`{name}` cannot be computed in `{precision}`",
        span,
        also=(Label(asked, "asked for here"),),
        help="use `BCEWithLogitsLoss` on the score, without the `Sigmoid`",
    )
