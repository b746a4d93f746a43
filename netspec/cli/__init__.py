"""The command line: `main` runs one verb and gives its exit code.

Exit codes: 0 fine, 1 the spec or its data is at fault, 2 wrong usage, 70 a bug of netspec's own,
130 interrupted.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from traceback import print_exception

import click

from netspec import __version__
from netspec.cli.start import loading, roomy
from netspec.cli.verb import Verb, traceback

BUG = 70
INTERRUPTED = 130
VERBS = ("new", "check", "show", "run", "sample", "export", "test", "explain", "doc")

EXAMPLE = """netspec new moons.net --task classification
netspec run moons.net"""


class Verbs(Verb, click.Group):
    """The command that holds the verbs; each is loaded when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command: the function named as its module."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(import_module(f"netspec.cli.{cmd_name}"), cmd_name)
        return command


@click.group(cls=Verbs, epilog=EXAMPLE, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="netspec %(version)s")
@traceback
def netspec() -> None:
    """Neural networks from a small language: checked, trained, and shown as plain PyTorch."""


@roomy
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; `arguments` default to those of the process. Gives the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # Called from elsewhere, the process is not ours.
        with loading() if arguments is None else nullcontext():
            return netspec.main(given, prog_name="netspec", standalone_mode=False) or 0
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except click.Abort:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`netspec show big.net | head`); nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as bug:
        if "--traceback" in given:
            print_exception(bug)
        _own_up(bug)
        return BUG


def _own_up(bug: Exception) -> None:
    """Say that this is our fault, and what a report needs."""
    click.echo(
        f"netspec: this is a bug in netspec, not in your spec: {type(bug).__name__}: {bug}\n"
        f"  version: netspec {__version__}, Python {platform.python_version()}, "
        f"{platform.system()}\n"
        "  please report it to the netspec maintainers with the spec, the command, and what\n"
        "  `netspec --traceback ...` prints for the same command",
        err=True,
    )
