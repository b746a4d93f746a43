"""Programs that lack what is asked of them (NS60xx)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, code, error


@code("NS6001")
def nothing_to_build(file: str, models: Sequence[str]) -> Diagnostic:
    """A spec has no one model to build.

    A file may hold blocks only, or several named models and none that is *the* model. Then there is
    nothing that `netspec run`, `netspec export` or `spec.build()` could mean. Leave one model
    unnamed to make it the one:

        netspec show models.net
    """
    if models:
        listed = ", ".join(f"`{name}`" for name in models)
        return error(
            f"`{file}` does not say which of {listed} to build",
            None,
            help="leave one model unnamed, or ask for one: `spec.build(model=...)`",
        )
    return error(f"`{file}` has no model to build", None, help="add `model { ... }`")


@code("NS6002")
def nothing_to_train(file: str, missing: str) -> Diagnostic:
    """A spec that says nothing of training is run or exported.

    `netspec run` and `netspec export` need `data { ... }` and `train { ... }` beside the model. A
    spec without them can still be checked, shown and built:

        netspec show model.net
    """
    return error(
        f"`{file}` has no `{missing}` block to run",
        None,
        help=f"add `{missing} {{ ... }}`, or look at the model with `netspec show {file}`",
    )
