"""Phases of training that cannot be meant: settings, updates, owners (NS503x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span

MOST_SHOWN = 3


@code("NS5034")
def belongs_elsewhere(span: Span, name: str, phase: bool) -> Diagnostic:
    """A setting of a phase stands in `train`, or one of `train` in a phase.

    A phase has its own `loss`, `optimizer`, `updates`, `schedule`, `clip` and groups. How long
    training goes, the batches, the metrics and the like are the same for all phases: they stand in
    `train`.

    Wrong:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
            epochs    = 10
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }

    Right:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }
    """
    if phase:
        return error(
            f"`{name}` is the same for all phases", span, help="write it in `train`, beside them"
        )
    return error(
        f"`{name}` is for each phase to say",
        span,
        notes=("this `train` has phases",),
        help="write it in the phases",
    )


@code("NS5035")
def updates_form(span: Span, given: str, models: Sequence[str], close: str | None) -> Diagnostic:
    """`updates` names something else than models and parameters.

    A phase updates models by their names, or parameters by patterns over their full names, which
    begin with the model's name where there are several models.

    Wrong:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = Discriminator
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = "G.*"
          }
          epochs = 10
        }

    Right:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = "G.*"
          }
          epochs = 10
        }
    """
    listed = ", ".join(f"`{name}`" for name in models)
    return error(
        f"`updates` is a model or a pattern of parameter names, not {given}",
        span,
        notes=(f"the models are {listed}",) if models else (),
        help=close,
    )


@code("NS5036")
def updates_nothing(span: Span, what: str, names: Sequence[str], close: str | None) -> Diagnostic:
    """What a phase updates has no parameters.

    A pattern is matched against the full names of the parameters, as `state_dict` has them: beside
    other models a name begins with its model's. A pattern that matches none is a slip of the pen.

    Wrong:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = "D.head.*"
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }

    Right:
        data { load_iris() }
        model G { Linear(4) }
        model D { head: Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = "D.head.*"
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }
    """
    return error(
        f"`{what}` has no parameters to update",
        span,
        notes=(f"the parameters are {_listed(names, 6)}",) if names else (),
        help=close,
    )


@code("NS5037")
def no_owner(span: Span, names: Sequence[str], phases: Sequence[tuple[str, Span]]) -> Diagnostic:
    """A parameter is updated by no phase.

    Each parameter has exactly one owner: the phase that updates it. One without an owner would keep
    the random weights it begins with.

    Wrong:
        data { load_iris() }
        model G { Linear(8) -> ReLU -> Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = "G.0.*"
          }
          epochs = 10
        }

    Right:
        data { load_iris() }
        model G { Linear(8) -> ReLU -> Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }
    """
    verb = "is" if len(names) == 1 else "are"
    return error(
        f"{_listed(names)} {verb} updated by no phase",
        span,
        "made here",
        also=tuple(Label(place, f"`{name}` updates this") for name, place in phases),
        help="let one of the phases update it" if verb == "is" else "let a phase update each",
    )


@code("NS5038")
def two_owners(
    span: Span, phase: str, earlier: Span, earlier_phase: str, names: Sequence[str]
) -> Diagnostic:
    """A parameter is updated by two phases.

    Each parameter has exactly one owner. Two optimizers that move the same weights work against
    each other, each with a memory of its own of where they were going.

    Wrong:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = [G, D]
          }
          epochs = 10
        }

    Right:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }
    """
    verb = "is" if len(names) == 1 else "are"
    return error(
        f"{_listed(names)} {verb} updated by two phases",
        span,
        f"`{phase}` updates this",
        also=(Label(earlier, f"`{earlier_phase}` does too"),),
        help="let one of the two update it" if verb == "is" else "let one of the two update them",
    )


@code("NS5039")
def updates_unseen(span: Span, phase: str, model: str, loss: Span) -> Diagnostic:
    """A phase updates a model that its loss does not apply.

    Weights move by the gradient of the phase's own loss. There is none for a model that has no part
    in it.

    Wrong:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(x -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }

    Right:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
        }
    """
    return error(
        f"`{phase}` updates `{model}`, which its loss does not apply",
        span,
        also=(Label(loss, "the loss"),),
        help=f"apply `{model}` in the loss, or let another phase update it",
    )


@code("NS5040")
def which_loss(span: Span, split: str, measured: Sequence[str]) -> Diagnostic:
    """A stop condition speaks of the loss, and there are several.

    Each phase has a loss of its own, which is measured under its name.

    Wrong:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
          stop when train.loss < 0.1
        }

    Right:
        data { load_iris() }
        model G { Linear(4) }
        model D { Linear(1) }
        train {
          phase critic {
            loss      = BCEWithLogitsLoss(x -> D, 1) + BCEWithLogitsLoss(randn(B, 2) -> G -> D, 0)
            optimizer = Adam(lr=1e-3)
            updates   = D
          }
          phase maker {
            loss      = BCEWithLogitsLoss(randn(B, 2) -> G -> D, 1)
            optimizer = Adam(lr=1e-3)
            updates   = G
          }
          epochs = 10
          stop when train.critic.loss < 0.1
        }
    """
    listed = ", ".join(f"`{split}.{name}`" for name in measured)
    return error(
        "there is no such measurement",
        span,
        notes=(f"the losses and their terms are measured as {listed}",),
        help=f"write, for example, `{split}.{measured[0]}`",
    )


def _listed(names: Sequence[str], most: int = MOST_SHOWN) -> str:
    """The first of the names, and how many more there are."""
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
