"""What verbs share: an example in their help, the spec's path, values for its params."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import click

if TYPE_CHECKING:
    from netspec.analysis.context import Limits

# A whole number of the language has no more.
MOST_DIGITS = 18

F = TypeVar("F", bound=Callable[..., object])


class Verb(click.Command):
    """A command whose help ends in an example, given as its `epilog`, line for line."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example as it stands; click would fill its lines into a paragraph."""
        with formatter.section("Example"):
            for line in (self.epilog or "").splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def spec_file(function: F) -> F:
    """The argument FILE. That it exists is for the driver to say, with its code and near miss."""
    return click.argument("file", type=click.Path(path_type=Path))(function)


def overrides(function: F) -> F:
    """The option `--set name=value`, given any number of times; the last one for a name wins."""
    return click.option(
        "--set",
        "overrides",
        metavar="NAME=VALUE",
        multiple=True,
        callback=_split,
        help="Give a param another value.",
    )(function)


def limits(function: F) -> F:
    """The option `--limit name=n`: lets a spec expand further than it may by itself."""
    return click.option(
        "--limit",
        "limits",
        metavar="NAME=N",
        multiple=True,
        callback=_limits,
        help="Raise a limit: expansions, evaluations, layers or parameters.",
    )(function)


def allow(function: F) -> F:
    """The option `--allow module`, given any number of times: the spec may load that module."""
    return click.option(
        "--allow",
        "allow",
        metavar="MODULE",
        multiple=True,
        callback=_modules,
        help="Let the spec load a Python module that it declares things from; repeatable.",
    )(function)


def synthetic(function: F) -> F:
    """The options `--synthetic` and `--size NAME=N`: made-up rows, and sizes that nothing tells.

    The function is given `sizes`: None for rows as the spec says, else those given, be they none.
    """

    @wraps(function)
    def sized(*args: object, synthetic: bool, sizes: dict[str, int], **options: object) -> object:
        if sizes and not synthetic:
            raise click.UsageError("`--size` tells sizes of made-up data: give `--synthetic` too")
        return function(*args, sizes=sizes if synthetic else None, **options)

    made_up = click.option(
        "--synthetic",
        is_flag=True,
        help="Take made-up rows of the types that the data has, four batches to train on and the "
        "other parts in proportion; no row of the data is read.",
    )
    size = click.option(
        "--size",
        "sizes",
        metavar="NAME=N",
        multiple=True,
        callback=_sizes,
        help="A size of made-up data that nothing else tells, as in H=64; repeatable.",
    )
    return cast(F, made_up(size(sized)))


def no_color(function: F) -> F:
    """The option `--no-color`. The variable NO_COLOR does the same: rich reads it by itself."""
    return click.option("--no-color", is_flag=True, help="Write without colours.")(function)


def traceback(function: F) -> F:
    """The option `--traceback`; `netspec.cli.main` looks for it when something breaks."""
    return click.option(
        "--traceback",
        is_flag=True,
        expose_value=False,
        help="Show the Python traceback of a bug in netspec.",
    )(function)


def _modules(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    for name in given:
        if not all(part.isidentifier() for part in name.split(".")):
            raise click.BadParameter(
                f"`{name}` is no module; name it as Python's `import` does, as in `my_layers`",
                context,
                option,
            )
    return given


def _limits(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> Limits:
    from netspec.analysis.context import Limits

    known = [field.name for field in fields(Limits)]
    raised: dict[str, int] = {}
    for name, text in _split(context, option, given).items():
        if name not in known:
            raise click.BadParameter(f"`{name}` is none of {', '.join(known)}", context, option)
        if not text.isascii() or not text.isdecimal():
            raise click.BadParameter(f"`{text}` is not a whole number", context, option)
        raised[name] = int(text)
    return Limits(**raised)


def _sizes(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for name, text in _split(context, option, given).items():
        if not name.isidentifier():
            raise click.BadParameter(f"`{name}` is no name of a dimension", context, option)
        if text.isascii() and text.isdecimal() and len(text) > MOST_DIGITS:
            raise click.BadParameter(
                f"`{text}` has more than {MOST_DIGITS} digits", context, option
            )
        if not text.isascii() or not text.isdecimal() or not int(text):
            raise click.BadParameter(f"`{text}` is not a whole number above 0", context, option)
        sizes[name] = int(text)
    return sizes


def _split(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"`{text}` is not of the form NAME=VALUE", context, option)
        pairs[name.strip()] = value.strip()
    return pairs
