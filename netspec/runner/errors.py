"""NS7xxx: what can go wrong while a checked spec trains. Raised as `RunError`, never guessed at."""

from __future__ import annotations

from netspec.diagnostics.codes import code, error, warning
from netspec.diagnostics.record import Diagnostic
from netspec.diagnostics.suggest import near
from netspec.source import Span


class RunError(Exception):
    """A run that cannot begin or go on; `diagnostic` says why and where."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@code("NS7001")
def not_finite(
    span: Span, *, epoch: int, value: float, cause: str, label: str, step: int | None
) -> Diagnostic:
    """The loss is no longer a finite number.

    Once a loss is infinite or not a number, its gradients are too, and the next update would
    destroy every weight. The run stops at the end of that epoch, is replayed from an earlier state
    to find the first tensor that went wrong, and names the layer that made it. Usual causes are a
    learning rate that is too high, unscaled inputs, and the logarithm or square root of zero.

    To see it, train with an absurd learning rate:

        netspec run specs/boston.net --set lr=1e6
    """
    where = f"epoch {epoch}" + (f", step {step}" if step is not None else "")
    return error(
        f"the training loss became {value} in epoch {epoch}",
        span,
        label,
        notes=(f"{where}: {cause}",),
        help="lower the learning rate, scale the inputs (`-> StandardScaler`), or set `clip = 1.0`",
    )


@code("NS7002")
def layer_failed(span: Span, *, where: str, reason: str) -> Diagnostic:
    """A layer refused its input while running.

    Shapes and kinds are checked before a run, but some layers also look at values or at the number
    of rows: batch normalisation cannot train on a batch of one row, an embedding cannot look up an
    index beyond its table. torch's own message is given beside the line of the layer.

    The last batch may hold a single row when the rows do not divide evenly:

        netspec run model.net --set batch=100
    """
    advice = None
    if "more than 1 value per channel" in reason:
        advice = "choose a `batch` that leaves more than one row for the last batch"
    return error(f"{where} failed while running", span, "here", notes=(reason,), help=advice)


@code("NS7003")
def no_device(span: Span | None, *, device: str, present: tuple[str, ...]) -> Diagnostic:
    """The device that was asked for is not in this machine.

    `device = "cuda"` needs an NVIDIA card and a torch built for it, `device = "mps"` an Apple one.
    Nothing is run elsewhere in silence. `auto` takes the best device that is present.

        netspec run specs/two_moons.net --device cuda
    """
    return error(
        f"there is no `{device}` device here",
        span,
        "asked for here",
        notes=("this machine offers " + ", ".join(f"`{name}`" for name in present),),
        help="use `--device auto` to take what there is",
    )


@code("NS7004")
def group_matches_nothing(
    span: Span, *, pattern: str, near_misses: tuple[str, ...], names: tuple[str, ...]
) -> Diagnostic:
    """A group's pattern matches no parameter.

    `group "*.bias" { weight_decay = 0 }` gives the parameters whose names match their own optimizer
    settings. A pattern that matches nothing would leave every parameter as it was, which is never
    what was meant. Names are the keys that `netspec show` lists.

        netspec show specs/two_moons.net
    """
    advice = None
    if near_misses:
        advice = "did you mean " + " or ".join(f'`"{name}"`' for name in near_misses) + "?"
    shown = ", ".join(f"`{name}`" for name in names[:8]) + (", ..." if len(names) > 8 else "")
    return error(
        f'`"{pattern}"` matches no parameter',
        span,
        "this group would do nothing",
        notes=(f"the parameters are {shown}" if names else "the model has no parameters",),
        help=advice,
    )


@code("NS7005")
def optimizer_refuses(span: Span, *, name: str, reason: str) -> Diagnostic:
    """The optimizer does not take these parameters or settings.

    Some optimizers take only certain parameters (`Muon` only matrices, `SparseAdam` only sparse
    gradients), and every optimizer has bounds on its settings. Both are torch's own rules, so
    torch's own sentence is given.

        netspec run model.net --set lr=-1
    """
    return error(f"`{name}` refuses this model", span, "here", notes=(reason,))


@code("NS7006")
def schedule_refuses(span: Span, *, name: str, reason: str) -> Diagnostic:
    """The schedule does not take these settings.

    A schedule is made by torch from its own arguments, with those that follow from the plan filled
    in: `T_max` of a cosine, `total_steps` of a one-cycle. torch's own sentence says what is wrong;
    `OneCycleLR` and `CyclicLR`, for one, move the momentum too and so need an optimizer that has
    one, or `cycle_momentum=false`.

        netspec run model.net
    """
    return error(f"`{name}` cannot be made", span, "here", notes=(reason,))


@code("NS7007")
def nothing_to_train(span: Span) -> Diagnostic:
    """The model has no parameter to train.

    A model of activations and pools alone has nothing that an optimizer could change.

        netspec show model.net
    """
    return error(
        "the model has no parameters to train",
        span,
        "this plan trains it",
        help="add a layer with weights, such as `Linear(1)`",
    )


@code("NS7008")
def cannot_write(*, path: str, reason: str) -> Diagnostic:
    """The run directory cannot be written.

    Every run writes its spec, metrics, weights and pictures into a new directory `runs/NAME-NNN`.
    When that cannot be made or written to, the run stops with the system's own reason. What earlier
    runs wrote is never touched.

        netspec run specs/two_moons.net
    """
    return error(
        f"cannot write to `{path}`",
        None,
        notes=(reason,),
        help="free some space, or run from a directory you may write to",
    )


@code("NS7009")
def out_of_memory(span: Span, *, where: str, device: str, batch: int | None) -> Diagnostic:
    """The device ran out of memory.

    What is kept for the backward pass grows with the number of rows in a batch. `accumulate = 4`
    with a quarter of the batch gives the same update for about a quarter of the memory.

        netspec run model.net --set batch=16
    """
    rows = "all rows at once" if batch is None else f"batches of {batch} rows"
    return error(
        f"out of memory on `{device}` in {where}",
        span,
        "here",
        notes=(f"training takes {rows}",),
        help="lower `batch`, and set `accumulate` to keep the size of a step",
    )


@code("NS7010")
def baseline_failed(span: Span, *, name: str, reason: str) -> Diagnostic:
    """The baseline could not be fitted.

    `baseline = LinearRegression` fits that scikit-learn estimator on the same training rows. It
    sees one table: the model's inputs side by side, and one target. scikit-learn's own sentence
    says what it did not like.

        netspec run specs/boston.net
    """
    return error(f"the baseline `{name}` cannot be fitted", span, "here", notes=(reason,))


@code("NS7011")
def split_missing(span: Span, *, split: str, measured: str) -> Diagnostic:
    """A stop condition measures a split that the data does not have.

    `stop when stalled(val.loss, epochs=5)` needs rows set aside for validation, which
    `split(train=80%, val=20%)` in the data block does.

        netspec run model.net
    """
    return error(
        f"`{measured}` is never measured: the data has no `{split}` split",
        span,
        "this would never stop the run",
        help="set rows aside with `split(train=80%, val=20%, seed=1)` in the data block",
    )


@code("NS7030")
def weights_failed(span: Span, *, file: str, reason: str) -> Diagnostic:
    """The weights to start from cannot be loaded.

    `netspec check` holds the header of the file against the model. The numbers are read when the
    model is built; a file that was removed, cut off or written anew in between is found then.

        netspec check model.net
    """
    return error(f"the weights `{file}` cannot be loaded", span, "here", notes=(reason,))


@code("NS7031")
def no_precision(span: Span | None, *, precision: str, device: str, reason: str) -> Diagnostic:
    """The run cannot be computed in the precision that was asked for.

    `bf16` and `fp16` are computed on any CPU, though slowly on most, and on NVIDIA cards, `bf16` on
    those since Ampere; `tf32` is what such cards alone have. Losses of probabilities, such as
    `BCELoss`, need all digits of float32. Nothing is computed in another precision in silence.
    `--precision` on the command line wins over the spec.

        netspec run model.net --precision fp32
    """
    return error(
        f"`{precision}` is not to be had on `{device}`",
        span,
        "asked for here",
        notes=(reason,),
        help="use `--precision fp32`, or another `--device`",
    )


@code("NS7032")
def cannot_compile(span: Span, *, device: str, reason: str) -> Diagnostic:
    """The model cannot be compiled on this machine.

    `compile = true` hands the model to `torch.compile`, which writes code for the device and needs
    a compiler to make it run: a C++ compiler on the CPU, Triton on a card. torch's own sentence
    says what it missed. Without `compile` the same model trains as it is.

        netspec run model.net
    """
    return error(
        f"`torch.compile` cannot compile the model for `{device}`",
        span,
        "asked for here",
        notes=(reason,),
        help="install what is missing (a C++ compiler, or Triton), or take `compile` out",
    )


@code("NS7040")
def cannot_resume(*, path: str, reason: str) -> Diagnostic:
    """A run cannot be resumed.

    `--resume` goes on from the last checkpoint of a run that was broken off. It takes the same
    command as the run did: the same spec, with the same `--set`, `--epochs`, `--device` and
    `--precision`, on the same rows. A run that has ended, or one of a spec that was changed since,
    is not resumed: it would be another run.

        netspec run model.net --resume runs/model-001
    """
    return error(
        f"the run in `{path}` cannot be resumed",
        None,
        notes=(reason,),
        help="give the command that the run was begun with, and `--resume`; or begin a new run",
    )


@code("NS7041")
def checkpoint_damaged(*, path: str, reason: str, instead: str) -> Diagnostic:
    """A checkpoint is not what was written, and the one before it is used.

    Each checkpoint has a manifest of its files with their sizes and SHA-256. One that does not
    match, since the disk was full or a file was changed, is not read. The steps since the
    checkpoint before it are done again, with the same numbers.

        netspec run model.net --resume runs/model-001
    """
    return warning(
        f"the checkpoint `{path}` is damaged, and `{instead}` is used",
        None,
        notes=(reason,),
    )


def near_patterns(pattern: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Parameter names, or the parts of them, near a pattern that matched nothing.

    Stars stay where they were: `*.bais` is near `*.bias`.
    """
    core = pattern.strip("*").strip(".")
    parts = set(names) | {part for name in names for part in name.split(".")}
    start = pattern[: pattern.index(core)] if core else ""
    end = pattern[pattern.index(core) + len(core) :] if core else ""
    return tuple(
        found if found in names else (start or "*") + found + end for found in near(core, parts)
    )
