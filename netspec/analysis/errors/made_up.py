"""Mistakes with made-up data (NS506x), one constructor a code."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, code, did_you_mean, error


@code("NS5060")
def size_not_wanted(name: str, names: Sequence[str]) -> Diagnostic:
    """`--size` names a dimension whose size is known, or that no input has.

    The sizes of made-up rows are those of the data, as far as it can be looked at, or those that
    the inputs of the models say. `--size` is for what is left: dimensions with a name and no size.

        netspec run model.net --synthetic --size H=64 --size W=64
    """
    listed = ", ".join(f"`{known}`" for known in names)
    return error(
        f"nothing asks for the size `{name}`",
        None,
        notes=(f"sizes that nothing else tells: {listed}",) if names else (),
        help=(did_you_mean(name, names) if names else None)
        or f"leave `--size {name}=...` away: all that is drawn is known by itself",
    )
