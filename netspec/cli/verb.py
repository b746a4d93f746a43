"""What verbs share: an example in their help, the spec's path, values for its params."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

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
