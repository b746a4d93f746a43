"""Arguments that do not go with one another, of what is no layer: optimizers and schedules.

After the checks of the constructors in torch.optim, each by the name of its class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from netspec.catalog.records import Refusal, Value

Values = Mapping[str, Value]


def _nesterov(values: Values) -> Refusal | None:
    """Nesterov's momentum looks ahead along a momentum that is not dampened."""
    momentum, dampening = values["momentum"], values["dampening"]
    if not values["nesterov"] or (momentum and not dampening):
        return None
    return Refusal(
        reason="value",
        message="`nesterov` of `SGD` needs a `momentum` above 0, and no `dampening`",
        argument="nesterov",
        help="leave `dampening` away" if momentum else "give one, as in `momentum=0.9`",
    )


def _etas(values: Values) -> Refusal | None:
    """Steps shrink by the first factor, and grow by the second."""
    shrink, grow = _pair(values["etas"])
    if 0 < shrink < 1 < grow:
        return None
    return Refusal(
        reason="value",
        message=f"`etas` of `Rprop` must be below 1 and above 1, not `{values['etas']}`",
        argument="etas",
        notes=("the first makes steps smaller, the second larger",),
    )


def _share(values: Values) -> Refusal | None:
    """Torch refuses a whole number here, even 0 and 1."""
    share = values["pct_start"]
    if not isinstance(share, int):
        return None
    return Refusal(
        reason="type",
        message=f"`pct_start` of `OneCycleLR` is a fraction, not the whole number `{share}`",
        argument="pct_start",
        help=f"write `{share}.0`",
    )


def _pair(value: Value) -> tuple[float, float]:
    assert isinstance(value, tuple)
    first, second = value
    assert isinstance(first, int | float)
    assert isinstance(second, int | float)
    return first, second


TOGETHER: dict[str, Callable[[Values], Refusal | None]] = {
    "SGD": _nesterov,
    "Rprop": _etas,
    "OneCycleLR": _share,
}


def check(name: str, values: Values) -> Refusal | None:
    """The refusal for arguments that do not go together, if they do not."""
    rule = TOGETHER.get(name)
    return None if rule is None else rule(values)
