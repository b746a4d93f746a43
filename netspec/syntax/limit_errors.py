"""What can be wrong with a file as such, and the limits on what a text may hold."""

from __future__ import annotations

from pathlib import PurePath

from netspec.diagnostics import Diagnostic, code, did_you_mean, error
from netspec.source import Span


@code("NS0001")
def cannot_read(name: str, reason: str, neighbours: tuple[str, ...] = ()) -> Diagnostic:
    """The file cannot be read.

    It is not there, is a folder, or may not be read.

        netspec check no_such_file.net
    """
    nearest = did_you_mean(PurePath(name).name, neighbours)
    advice = nearest or "check the name of the file"
    return error(f"cannot read `{name}`: {reason}", None, help=advice)


@code("NS0002")
def not_utf8(name: str, line: int, looks_like: str | None) -> Diagnostic:
    """The file is not UTF-8.

    A spec is text in UTF-8. Save the file in that encoding; most editors have a setting for it.

        iconv -f latin1 -t utf-8 old.net > new.net
    """
    guess = () if looks_like is None else (f"it looks like {looks_like}",)
    return error(
        f"`{name}` is not UTF-8 (line {line})", None, notes=guess, help="save the file as UTF-8"
    )


@code("NS0003")
def file_too_large(name: str, size: int, limit: int) -> Diagnostic:
    """The file is too large.

    A spec is at most a million bytes long. Data does not belong in a spec: it is read from a file
    that a `data` block names.

        netspec check generated.net
    """
    return error(
        f"`{name}` is too large: {size:,} of at most {limit:,} bytes",
        None,
        help="use `repeat`, `for` and blocks instead of writing every layer out",
    )


@code("NS0004")
def nested_too_deeply(span: Span, limit: int) -> Diagnostic:
    """Brackets are nested too deeply.

    At most 100 brackets may be open at once. This limit keeps a file that was made to do harm from
    exhausting the compiler's stack.

        python -c "print('model { x -> ' + '(' * 200 + 'ReLU' + ')' * 200 + ' }')" > deep.net
        netspec check deep.net
    """
    return error(
        f"more than {limit} brackets are open here",
        span,
        help="name the inner parts, or use a block",
    )


@code("NS0005")
def expression_too_long(span: Span, limit: int) -> Diagnostic:
    """An expression has too many operators.

    An expression may hold at most 200 operators, counted with those around it.

        python -c "print('param n = ' + ' + '.join(['1'] * 500))" > long.net
        netspec check long.net
    """
    return error(
        f"the expression has more than {limit} operators", span, help="bind its parts to names"
    )


@code("NS0006")
def number_too_long(span: Span, limit: int) -> Diagnostic:
    """An integer has too many digits.

    Integers have at most 18 digits, which is more than any size or count of a network.

    Wrong:
        param n = 1234567890123456789
        model {
          input x: real[B, 4]
          x -> Linear(n)
        }

    Right:
        param n = 128
        model {
          input x: real[B, 4]
          x -> Linear(n)
        }
    """
    return error(
        f"the number has more than {limit} digits", span, help="write it as a float: `1e20`"
    )
