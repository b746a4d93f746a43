"""What can be wrong with a text: a constructor for each code, whose docstring explains it."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, Edit, Fix, Label, code, error
from netspec.source import Span

CLOSER = {"(": ")", "[": "]", "{": "}"}


@code("NS1001")
def unexpected(span: Span, message: str, help: str | None = None) -> Diagnostic:
    """The text does not follow the grammar here.

    What stands before the mark and what stands under it do not go together. The message says what
    was expected.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2 4)
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }
    """
    return error(message, span, help=help)


@code("NS1002")
def unclosed(span: Span) -> Diagnostic:
    """A bracket is never closed.

    Every `(`, `[` and `{` needs its partner. The mark is at the bracket that has none; where the
    brackets of a file do not add up, the indentation of the lines tells which one it is.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }
    """
    return error(f"`{span.text}` is never closed", span, help=f"add a `{CLOSER[span.text]}`")


@code("NS1003")
def stray_closer(span: Span, opener: Span | None = None) -> Diagnostic:
    """A closing bracket has no partner.

    Either nothing is open where the bracket closes, or what is open is of another kind.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2))
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }
    """
    if opener is None:
        return error(f"`{span.text}` closes nothing", span, help="remove it")
    meant = CLOSER[opener.text]
    return error(
        f"`{span.text}` cannot close `{opener.text}`",
        span,
        also=(Label(opener, "opened here"),),
        help=f"write `{meant}`",
        fix=Fix((Edit(span, meant),)),
    )


@code("NS1004")
def open_string(span: Span) -> Diagnostic:
    """A string is never closed.

    A string begins and ends with `"`, on one line.

    Wrong:
        model {
          input x: real[B, 4, 8, 8]
          x -> Conv2d(2, 3, padding="same)
        }

    Right:
        model {
          input x: real[B, 4, 8, 8]
          x -> Conv2d(2, 3, padding="same")
        }
    """
    return error(
        "the string is never closed", span, help='end it with `"`; a string stands on one line'
    )


@code("NS1005")
def wrong_characters(span: Span) -> Diagnostic:
    r"""A character that means nothing here.

    Outside of strings and comments a spec is written in the letters, digits and signs of a plain
    keyboard. A blank that was copied from a web page may look like a space and be none.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2) ?
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }
    """
    points = ", ".join(f"U+{ord(character):04X}" for character in dict.fromkeys(span.text))
    if span.text.isspace() or span.text.strip("\u200b\ufeff") == "":
        blank = " " if span.text.isspace() else ""
        return error(
            f"a blank that is no space ({points})",
            span,
            help="replace it by a space" if blank else "take it out: it has no width",
            fix=Fix((Edit(span, blank),), safe=True),
        )
    words = {"&": "and", "|": "or", "~": "not"}
    if span.text in words:
        meant = words[span.text]
        return error(f"`{span.text}` means nothing here", span, help=f"write `{meant}`")
    return error(
        f"`{span.text}` means nothing here",
        span,
        notes=() if span.text.isascii() else (f"it is {points}",),
        help="outside of strings and comments only plain letters, digits and signs are read",
    )


@code("NS1006")
def second_statement(span: Span, help: str) -> Diagnostic:
    """Two statements on one line.

    A line holds one statement. Layers that follow one another are joined by `->`.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2) ReLU
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2) -> ReLU
        }
    """
    return error(f"the statement is complete before `{short(span)}`", span, help=help)


@code("NS1007")
def not_a_binding(span: Span, message: str, help: str, fix: Fix | None = None) -> Diagnostic:
    """A name is bound with `=`, and nothing else.

    `name = value` is the only way to bind a name, in a block of settings, in a model and in the
    arguments of a call. `:` labels a layer, `==` compares, and there is no `+=`.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2, bias: false)
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2, bias=false)
        }
    """
    return error(message, span, help=help, fix=fix)


@code("NS1008")
def foreign(span: Span, message: str, help: str, fix: Fix | None = None) -> Diagnostic:
    """A word or sign of another language.

    A spec is no Python, though it looks alike: constants are `true`, `false` and `none`, strings
    have double quotes, a comment begins with `#`, and conditions are joined by `and`, `or`, `not`.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2, bias=False)
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2, bias=false)
        }
    """
    return error(message, span, help=help, fix=fix)


@code("NS1009")
def dangling_arrow(span: Span, message: str, help: str) -> Diagnostic:
    """An arrow has nothing at one of its sides.

    `->` sends the value before it through the layer behind it. Only at the start of a line may the
    value before it be left out: the line goes on from the line above.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2) -> -> ReLU
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2) -> ReLU
        }
    """
    return error(message, span, help=help)


# What stands at the beginning of a line only, and how its value is used all the same.
BEGINS = {
    "for": "write `for i in 0..3 { ... }` on a line of its own; `->` behind its brace goes on",
    "repeat": "write `repeat 3 { ... }` on a line of its own; `->` behind its brace goes on",
    "if": "write `if c { ... }` on a line of its own; `a if c else b` chooses a value",
}


@code("NS1010")
def reserved_word(span: Span) -> Diagnostic:
    """A word of the language cannot be a name.

    Most words of the language are free where it does not expect them, but these never are: `and`,
    `assert`, `else`, `false`, `for`, `if`, `in`, `input`, `none`, `not`, `or`, `output`, `repeat`,
    `true`.

    Wrong:
        model {
          input x: real[B, 4]
          output = x -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          out = x -> Linear(2)
          output out
        }
    """
    advice = "choose another name"
    behind = span.source.text[span.end :].lstrip(" \t")
    if span.text in BEGINS and not behind.startswith(("=", ",", ":", ")", ".")):
        return error(f"`{span.text}` begins a statement", span, help=BEGINS[span.text])
    if span.text == "output":
        advice += "; a loss uses the one that the model's line `output name` gives"
    return error(f"`{span.text}` is a word of the language and cannot be a name", span, help=advice)


@code("NS1011")
def bad_number(span: Span, message: str, help: str) -> Diagnostic:
    """A number that cannot be read.

    Numbers are written `64`, `1_000`, `0.5`, `.5`, `3e-4` or `20%`. A name does not begin with a
    digit, and no digit is missing behind a point.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2) -> Dropout(1.)
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2) -> Dropout(0.5)
        }
    """
    return error(message, span, help=help)


@code("NS1012")
def incomplete(span: Span, message: str, help: str | None = None) -> Diagnostic:
    """A statement stops short.

    The end of a line ends the statement, unless a bracket is open or the next line begins with
    `->`. What is too long for a line is put in parentheses.

    Wrong:
        model {
          input x: real[B, 4]
          y = x +
          y -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          y = x + x
          y -> Linear(2)
        }
    """
    return error(message, span, help=help)


@code("NS1013")
def misplaced(span: Span, what: str, where: str, help: str) -> Diagnostic:
    """A statement stands where it has no meaning.

    Each block has statements of its own: `input` and `repeat` belong in a model, `stop when` and
    `group` in `train`, `assert` in `test`.

    Wrong:
        model {
          input x: real[B, 4]
          stop when train.loss < 0.1
          x -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }
    """
    return error(f"{what} has no meaning in {where}", span, help=help)


@code("NS1014")
def bad_target(span: Span) -> Diagnostic:
    """What stands left of `=` is no name.

    A binding gives a value a name: `x = ...`, several: `out, (h, c) = ...`, or an indexed name:
    `skip[i] = ...`. A call or a sum is no name.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2) = y
        }

    Right:
        model {
          input x: real[B, 4]
          y = x -> Linear(2)
        }
    """
    advice = "left of `=` stands a name, an indexed name such as `skip[i]`, or several of them"
    if span.text.startswith("self."):
        label = span.text.removeprefix("self.")
        advice = f"a layer is labelled where it is applied: `x -> {label}: Linear(8)`"
    elif span.text.endswith(".weight"):
        advice = f"one parameter in two places is written `tie {span.text} = ...`"
    return error(f"`{short(span)}` cannot be bound", span, help=advice)


@code("NS1015")
def argument_order(span: Span, message: str, help: str, first: Span) -> Diagnostic:
    """Arguments by position come first, and each argument once.

    As in Python, an argument without a name cannot follow one with a name, and no name is given
    twice.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(bias=false, 2)
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2, bias=false)
        }
    """
    return error(message, span, also=(Label(first, "the named one"),), help=help)


@code("NS1016")
def default_order(span: Span, first: Span) -> Diagnostic:
    """An argument without a default follows one with a default.

    As in Python: given by position, the later one could not be reached without the earlier one.

    Wrong:
        block Wide(factor=2, width) {
          Linear(width * factor)
        }
        model {
          input x: real[B, 4]
          x -> Wide(2, 8)
        }

    Right:
        block Wide(width, factor=2) {
          Linear(width * factor)
        }
        model {
          input x: real[B, 4]
          x -> Wide(8, 2)
        }
    """
    return error(
        f"`{span.text}` has no default but follows an argument that has one",
        span,
        also=(Label(first, "this one has a default"),),
        help="put it first, or give it a default",
    )


@code("NS1017")
def wrong_version(span: Span, message: str, help: str) -> Diagnostic:
    """The language version of the file.

    A file may begin with `netspec 1`, the version of the language that it is written in. A file for
    a newer version than the tool knows is refused, since it may mean something else.

    Wrong:
        netspec 2
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }

    Right:
        netspec 1
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }
    """
    return error(message, span, help=help)


@code("NS1018")
def line_break(span: Span, message: str, help: str) -> Diagnostic:
    """A line breaks in a wrong place.

    A line that begins with `->` goes on from the line above; a line that ends with `->` does not.
    `else` stands on the line of the `}` before it. A line needs no `;` at its end.

    Wrong:
        model {
          input x: real[B, 4]
          x -> Linear(2) ->
            ReLU
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2)
            -> ReLU
        }
    """
    return error(message, span, help=help)


@code("NS1019")
def unknown_item(span: Span, help: str) -> Diagnostic:
    """Nothing at the top level begins like this.

    At the top level of a file stand `netspec`, `import`, `param`, `block`, `model`, `data`,
    `train`, `extern` and `test`, and nothing else.

    Wrong:
        modle {
          input x: real[B, 4]
          x -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          x -> Linear(2)
        }
    """
    return error(f"nothing at the top level begins with `{short(span)}`", span, help=help)


def short(span: Span) -> str:
    """The text under a span, cut to what fits in a headline."""
    text = " ".join(span.text.split())
    return text if len(text) <= 40 else text[:37] + "..."
