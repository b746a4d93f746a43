"""Params: values outside their domains, and what `--set` makes of them (NS30xx)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span


@code("NS3009")
def param_domain(span: Span, name: str, value: str, domain: str, domain_span: Span) -> Diagnostic:
    """The default of a param lies outside its domain.

    The domain behind `in` says which values make sense. Both ends of `a..b` belong to it; the
    default does too.

    Wrong:
        param width = 512 in 4..256
        model {
          input x: real[B, 4]
          Linear(width)
        }

    Right:
        param width = 128 in 4..256
        model {
          input x: real[B, 4]
          Linear(width)
        }
    """
    return error(
        f"the default {value} of `{name}` is outside its domain",
        span,
        also=(Label(domain_span, f"the domain is {domain}"),),
        help="choose another default, or widen the domain",
    )


@code("NS3010")
def override_domain(name: str, value: str, domain: str, span: Span) -> Diagnostic:
    """A `--set` gives a param a value outside its domain.

    The domain that the spec declares is checked at every override.

        netspec run specs/two_moons.net --set width=40
    """
    return error(
        f"`--set {name}={value}` is outside the domain of `{name}`",
        span,
        f"the domain is {domain}",
    )


@code("NS3011")
def override_type(name: str, value: str, wanted: str, span: Span) -> Diagnostic:
    """A `--set` gives a param a value of another type.

    The default of a param says its type: a whole number, a number, `true` or `false`, a text.

        netspec run specs/two_moons.net --set width=40
    """
    return error(
        f"`--set {name}={value}` is not {wanted}", span, f"the default makes `{name}` {wanted}"
    )


@code("NS3012")
def empty_domain(span: Span, domain: str, log: bool) -> Diagnostic:
    """The domain of a param holds nothing.

    An interval is written from its low to its high end. With `log` it lies above 0.

    Wrong:
        param width = 20 in 256..4
        model {
          input x: real[B, 4]
          Linear(width)
        }

    Right:
        param width = 20 in 4..256
        model {
          input x: real[B, 4]
          Linear(width)
        }
    """
    if log:
        return error(
            f"the domain {domain} does not lie above 0",
            span,
            help="begin above 0, as in `1e-5..1e-1 log`, or leave `log` away",
        )
    return error(f"the domain {domain} holds no value", span, help="write the low end first")
