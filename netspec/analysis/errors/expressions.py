"""Compile-time expressions that cannot be evaluated (NS31xx)."""

from __future__ import annotations

import re

from netspec.diagnostics import Diagnostic, code, error
from netspec.source import Span

SCANNED = "a step for each place of a sequence is a scan: `scan step in x along 1 { ... }`"


@code("NS3101")
def not_constant(span: Span, what: str, help: str | None = None) -> Diagnostic:
    """A value that only exists when the model runs stands where the compiler needs one.

    Arguments, counts and conditions are evaluated when the spec is compiled, from numbers, params,
    arguments and known sizes.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(x)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8)
        }
    """
    advice = help
    if help is None and what.startswith("a tensor `bool"):
        advice = "choose between tensors with `where(condition, a, b)`"
    return error(f"a value known before the run is wanted here, not {what}", span, help=advice)


@code("NS3102")
def not_integer(span: Span, what: str, given: str) -> Diagnostic:
    """Something else stands where a whole number is wanted.

    Sizes, counts and indices are whole numbers. `/` gives a fraction even where nothing remains;
    `//` divides whole numbers.

    Wrong:
        model {
          input x: real[B, 4]
          repeat 5 / 2 { Linear(4) -> ReLU }
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          repeat 5 // 2 { Linear(4) -> ReLU }
          Linear(2)
        }
    """
    advice = "`//` divides whole numbers" if "/" in span.text.replace("//", "") else None
    if what.startswith("where the loop") and given.startswith("the size"):
        advice = SCANNED
    return error(f"{what} is a whole number, not {given}", span, help=advice)


@code("NS3103")
def not_condition(span: Span, given: str) -> Diagnostic:
    """A condition is neither true nor false.

    Nothing is taken for true or false in silence: a number is compared.

    Wrong:
        param extra = 3
        model {
          input x: real[B, 4]
          if extra { Linear(4) -> ReLU }
          Linear(2)
        }

    Right:
        param extra = 3
        model {
          input x: real[B, 4]
          if extra > 0 { Linear(4) -> ReLU }
          Linear(2)
        }
    """
    advice = f"compare it: `{span.text} > 0`" if "number" in given else None
    return error(f"a condition is true or false, not {given}", span, help=advice)


@code("NS3104")
def not_number(span: Span, op: str, given: str) -> Diagnostic:
    """An operator is given what it cannot compute with.

    Arithmetic is for numbers, sizes and tensors.

    Wrong:
        param width = "20"
        model {
          input x: real[B, 4]
          Linear(width * 2)
        }

    Right:
        param width = 20
        model {
          input x: real[B, 4]
          Linear(width * 2)
        }
    """
    advice = None
    if "stage" in given or "layer" in given:
        advice = f"apply it to a value first: `(x -> {span.text})`"
    elif given.startswith("the loss"):
        advice = "call each loss on what it compares: `MSELoss(a, y) + 0.1 * L1Loss(a, y)`"
    return error(f"`{op}` does not work on {given}", span, help=advice)


@code("NS3105")
def not_comparable(span: Span, left: str, right: str) -> Diagnostic:
    """Two values that have no order or equality are compared.

    Numbers and sizes have an order. Texts can be compared with `==` and `!=`.

    Wrong:
        param kind = "deep"
        model {
          input x: real[B, 4]
          if kind > 3 { Linear(4) -> ReLU }
          Linear(2)
        }

    Right:
        param kind = "deep"
        model {
          input x: real[B, 4]
          if kind == "deep" { Linear(4) -> ReLU }
          Linear(2)
        }
    """
    return error(f"{left} and {right} cannot be compared", span)


@code("NS3106")
def size_not_known(span: Span, size: str) -> Diagnostic:
    """A size that hangs on the data is needed while compiling.

    The network is static: which layers it has cannot hang on a size that is known only when it
    runs. A size is known when the `input` says it as a number, or the data does.

    Wrong:
        model {
          input x: real[B, T, 4]
          if T > 10 { Linear(8) -> ReLU }
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 20, 4]
          if 20 > 10 { Linear(8) -> ReLU }
          Linear(2)
        }
    """
    advice = "write the size as a number in `input`, or add the data"
    if re.search(r"\bB\b", size):
        advice = "every batch may have another size: no layer can hang on it"
    elif span.text.startswith("range("):
        advice = SCANNED
    return error(f"the size `{size}` is not known before the run", span, help=advice)


@code("NS3107")
def size_with_float(span: Span, op: str) -> Diagnostic:
    """A size and a fraction are combined.

    Sizes are whole numbers. Half of one is `H // 2`, which rounds down.

    Wrong:
        model {
          input x: real[B, 3, H, 8]
          reshape(x, B, 3, H / 0.5, -1)
        }

    Right:
        model {
          input x: real[B, 3, H, 8]
          reshape(x, B, 3, H * 2, -1)
        }
    """
    return error(
        f"`{op}` of a size and a fraction is no size",
        span,
        help="stay with whole numbers: `H // 2` is half of `H`, rounded down",
    )


@code("NS3108")
def division_by_zero(span: Span) -> Diagnostic:
    """A number is divided by zero.

    The divisor is zero when the spec is compiled, perhaps because of a `--set`.

    Wrong:
        param groups = 0
        model {
          input x: real[B, 4]
          Linear(8 // groups)
        }

    Right:
        param groups = 2 in 1..8
        model {
          input x: real[B, 4]
          Linear(8 // groups)
        }
    """
    return error("this divides by zero", span)


@code("NS3116")
def no_such_number(span: Span, call: str) -> Diagnostic:
    """A function of a number has no value there.

    Functions of plain numbers are computed when the spec is compiled: the logarithm of 0 and the
    square root of a negative number are no numbers.

    Wrong:
        param depth = 1
        model {
          input x: real[B, 4]
          x / log(depth - 1)
        }

    Right:
        param depth = 1
        model {
          input x: real[B, 4]
          x / log(depth + 1)
        }
    """
    return error(f"`{call}` is no number", span)


@code("NS3109")
def number_too_large(span: Span) -> Diagnostic:
    """A number has more than 18 digits.

    No size or count of a network needs them, and arithmetic without a bound could be made to
    exhaust the machine.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(10 ** 30)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(10 ** 3)
        }
    """
    return error("this number has more than 18 digits", span)


@code("NS3115")
def too_long(span: Span, what: str, limit: int, *, deep: bool = False) -> Diagnostic:
    """A text or a list is too long.

    A loop that joins a text to itself, or puts a list into a list, doubles it every round. The
    limits, 10,000 letters or values, and lists 100 deep in one another, keep such a spec from
    filling the memory.

    Wrong:
        model {
          input x: real[B, 4]
          name = "ab"
          repeat 40 { name = name + name }
          Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          name = "ab"
          repeat 4 { name = name + name }
          Linear(2)
        }
    """
    size = f"nested more than {limit} deep" if deep else f"longer than {limit:,}"
    return error(f"this {what} is {size}", span, help="lower the count of the loop around it")


@code("NS3110")
def not_callable(span: Span, what: str) -> Diagnostic:
    """Something that is neither stage nor function is called.

    Layers, blocks and functions take arguments in parentheses; numbers, texts and tensors do not.

    Wrong:
        param width = 20
        model {
          input x: real[B, 4]
          Linear(width(3))
        }

    Right:
        param width = 20
        model {
          input x: real[B, 4]
          Linear(width * 3)
        }
    """
    advice = None
    if what.startswith("a tensor"):
        advice = "it is a value already; a layer is applied by an arrow: `x -> Linear(4)`"
    return error(f"{what} cannot be called", span, help=advice)


@code("NS3111")
def index_out_of_range(span: Span, index: int, length: int) -> Diagnostic:
    """A list has no such item.

    Items are counted from 0; -1 is the last.

    Wrong:
        model {
          input x: real[B, 4]
          widths = [8, 16]
          Linear(widths[2])
        }

    Right:
        model {
          input x: real[B, 4]
          widths = [8, 16]
          Linear(widths[1])
        }
    """
    items = "1 item" if length == 1 else f"{length} items"
    return error(f"the list has {items}, none at {index}", span, help="items are counted from 0")


@code("NS3112")
def not_indexable(span: Span, what: str) -> Diagnostic:
    """Something without items is subscripted.

    Lists, tensors and indexed names have items.

    Wrong:
        param width = 20
        model {
          input x: real[B, 4]
          Linear(width[0])
        }

    Right:
        param width = 20
        model {
          input x: real[B, 4]
          Linear(width)
        }
    """
    return error(f"{what} has no items to pick", span)


@code("NS3113")
def not_a_list(span: Span, what: str) -> Diagnostic:
    """A loop walks over something that is no list.

    `for i in 0..n` counts from 0 up to, not including, n. `for w in [8, 16]` walks a list.

    Wrong:
        param depth = 3
        model {
          input x: real[B, 4]
          for i in depth { Linear(4) -> ReLU }
          Linear(2)
        }

    Right:
        param depth = 3
        model {
          input x: real[B, 4]
          for i in 0..depth { Linear(4) -> ReLU }
          Linear(2)
        }
    """
    advice = f"to count write `0..{span.text}`" if "number" in what else None
    if what.startswith("a tensor"):
        advice = (
            f"the pieces of a tensor are for a scan: `scan step in {span.text} along 1 {{ ... }}`"
        )
    return error(f"`for` walks over a list or a range, not {what}", span, help=advice)


@code("NS3114")
def negative_count(span: Span, count: int) -> Diagnostic:
    """Something is repeated a negative number of times.

    `repeat 0` leaves its body away; below that a count makes no sense.

    Wrong:
        param depth = 2
        model {
          input x: real[B, 4]
          repeat depth - 3 { Linear(4) -> ReLU }
          Linear(2)
        }

    Right:
        param depth = 2 in 2..8
        model {
          input x: real[B, 4]
          repeat depth - 2 { Linear(4) -> ReLU }
          Linear(2)
        }
    """
    return error(f"nothing can be repeated {count} times", span)
