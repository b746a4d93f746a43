"""Statements and flow that make no sense where they stand (NS21xx), and limits (NS01xx)."""

from __future__ import annotations

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span


@code("NS0101")
def limit_passed(span: Span, what: str, limit: int) -> Diagnostic:
    """A spec expands to more than is allowed.

    Loops and blocks are expanded when the spec is compiled. The limits, 100,000 expansion steps,
    1,000,000 evaluations on the way, 10,000 layers and 2,147,483,648 parameters, keep a slip in a
    count, or a file that was made to do harm, from exhausting the machine. A spec cannot raise
    them; whoever runs it can, with `--limit layers=20000` (or `expansions`, `evaluations`,
    `parameters`).

    Wrong:
        model {
          input x: real[B, 4]
          repeat 1_000_000 { Linear(4) -> ReLU }
        }

    Right:
        model {
          input x: real[B, 4]
          repeat 10 { Linear(4) -> ReLU }
          Linear(2)
        }
    """
    return error(
        f"the spec expands to more than {limit:,} {what}",
        span,
        help=f"lower a count or a size, or allow more: `--limit {what.split()[0]}=...`",
    )


@code("NS0102")
def expands_too_deeply(span: Span, limit: int) -> Diagnostic:
    """Blocks are used within one another too deeply.

    A block that uses a block that uses a block, or a layer given to a block that gives it on, is
    expanded within what uses it, 100 deep at most.

        netspec check blocks_in_blocks.net
    """
    return error(
        f"this is expanded more than {limit} deep",
        span,
        help="use the inner blocks one after the other, or write their stages in place",
    )


@code("NS2101")
def nothing_flows(span: Span) -> Diagnostic:
    """A stage has no single value to take.

    A stage at the start of a line takes the value of the line above, or the input of its body. A
    body with several inputs has to say which.

    Wrong:
        model {
          input a: real[B, 4]
          input b: real[B, 4]
          Linear(2)
        }

    Right:
        model {
          input a: real[B, 4]
          input b: real[B, 4]
          cat(a, b, dim=1) -> Linear(2)
        }
    """
    return error(
        "no single value flows into this stage",
        span,
        help="start from a value: `x -> ...`",
    )


@code("NS2102")
def not_a_stage(span: Span, what: str) -> Diagnostic:
    """Something that is no stage stands behind `->`.

    A value flows through layers, blocks and functions. Two values are combined by an operator or a
    function.

    Wrong:
        model {
          input x: real[B, 4]
          h = x -> Linear(4)
          x -> h
        }

    Right:
        model {
          input x: real[B, 4]
          h = x -> Linear(4)
          x + h
        }
    """
    return error(
        f"{what} is not a stage",
        span,
        help="a layer, block or function stands behind `->`; values are joined with `+` or `cat`",
    )


@code("NS2103")
def empty_body(span: Span) -> Diagnostic:
    """A body computes nothing.

    A body with several inputs has no value to give until a statement makes one.

    Wrong:
        model {
          input a: real[B, 4]
          input b: real[B, 4]
        }

    Right:
        model {
          input a: real[B, 4]
          input b: real[B, 4]
          a + b -> Linear(2)
        }
    """
    return error("this body gives no value", span, help="add a stage or an `output`")


@code("NS2104")
def after_output(span: Span, output: Span) -> Diagnostic:
    """Something follows `output`.

    `output` says what a body gives, and so is its last statement.

    Wrong:
        model {
          input x: real[B, 4]
          h = x -> Linear(4)
          output h
          h -> ReLU
        }

    Right:
        model {
          input x: real[B, 4]
          h = x -> Linear(4) -> ReLU
          output h
        }
    """
    return error(
        "this comes after `output`",
        span,
        also=(Label(output, "the body ends here"),),
        help="move it above, or take it out",
    )


@code("NS2108")
def gives_no_tensor(span: Span, what: str) -> Diagnostic:
    """A statement gives something that is no tensor.

    A statement without `=` gives its value to the next one, and the last one to whoever uses the
    body. What flows are tensors. A function begins with a value, or with `->` to go on from the
    line above.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(8)
          relu
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8)
          -> relu
          -> mean(dim=1)
        }
    """
    advice = f"write `-> {span.text}` to go on from the line above" if "function" in what else None
    return error(f"a statement gives a tensor, not {what}", span, help=advice)


@code("NS2105")
def wrong_unpacking(
    span: Span, wanted: int, given: int, producer: Span, *, loop: bool = False
) -> Diagnostic:
    """The number of names and of results differ.

    A layer or block with several results needs a name for each: none is dropped in silence.

    Wrong:
        model {
          input x: real[B, 10, 4]
          out, h = x -> LSTM(16, batch_first=true)
          out[:, -1] -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 10, 4]
          out, h, c = x -> LSTM(16, batch_first=true)
          out[:, -1] -> Linear(2)
        }
    """
    names = "one name is" if wanted == 1 else f"{wanted} names are"
    values = "one value" if given == 1 else f"{given} values"
    example = ", ".join("abcdefgh"[:given]) if given <= 8 else "a, b, ..."
    advice = f"name each of them: `{example} = ...`"
    if given == 1:
        counted = "`enumerate(...)` counts the items of a list"
        advice = counted if loop else "`-> unbind(dim=0)` takes one tensor apart"
    return error(
        f"{names} bound to {values}",
        span,
        also=(Label(producer, f"{values} come from here"),) if given > 1 else (),
        help=advice,
    )


@code("NS2107")
def output_inside(span: Span) -> Diagnostic:
    """An `output` stands in a loop or a choice.

    What a body gives is said once, at its end. A loop or a choice can bind the name that is given.

    Wrong:
        param deep = true
        model {
          input x: real[B, 4]
          h = x -> Linear(4)
          if deep { output h }
          h -> ReLU
        }

    Right:
        param deep = true
        model {
          input x: real[B, 4]
          h = x -> Linear(4)
          if deep { h = h -> ReLU -> Linear(4) }
          output h
        }
    """
    return error(
        "`output` stands in a loop or a choice",
        span,
        help="bind the value to a name there, and put `output` at the end of the body",
    )
