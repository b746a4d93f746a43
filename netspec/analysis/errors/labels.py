"""Labels and indexed names (NS20xx)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span


@code("NS2005")
def label_twice(
    span: Span, label: str, earlier: Span | None, *, is_mixed: bool = False
) -> Diagnostic:
    """Two stages of one body have one label.

    A label is the key of the stage's weights, so it can name one stage only. In a loop each round
    would use it again: there the loop is labelled, and its rounds are numbered.

    Wrong:
        model {
          input x: real[B, 4]
          fc: Linear(8) -> ReLU
          fc: Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          fc1: Linear(8) -> ReLU
          fc2: Linear(2)
        }
    """
    family, _, number = label.partition(".")
    label = written(label)
    if earlier is not None and is_mixed:
        return error(
            f"the label `{family}` has an index in one place and none in another",
            span,
            also=(Label(earlier, f"`{family}` without an index" if number else "with an index"),),
            help="give it an index in both, or another name in one",
        )
    if earlier == span:
        advice = f"label the loop, `{label}: repeat ... {{ }}`, or number it, `{label}[i]: ...`"
        return error(
            f"the label `{label}` names a stage of every round of the loop",
            span,
            help=advice if "[" not in label else "let its index change with the round",
        )
    also = () if earlier is None else (Label(earlier, "first used here"),)
    return error(
        f"the label `{label}` names two stages",
        span,
        also=also,
        help=f"give one of them another label; to use the first again write `-> {label}`",
    )


@code("NS2007")
def label_on_function(span: Span, label: str, function: str) -> Diagnostic:
    """A function has a label.

    A label names weights, and a function has none. The value it gives can be named by `=`.

    Wrong:
        model {
          input x: real[B, 4]
          Linear(8) -> act: relu -> Linear(2)
        }

    Right:
        model {
          input x: real[B, 4]
          Linear(8) -> act: ReLU -> Linear(2)
        }
    """
    return error(
        f"`{function}` is a function, which has no weights to label",
        span,
        help=f"take the label out, or name the value: `{written(label)} = ... -> {function}`",
    )


@code("NS2008")
def label_on_label(span: Span, label: str, instance: str, there: Span) -> Diagnostic:
    """A stage that has a label gets another.

    `-> first` uses the stage labelled `first` once more, with the same weights; it keeps its label.

    Wrong:
        model {
          input x: real[B, 4]
          first: Linear(4)
          second: first
        }

    Right:
        model {
          input x: real[B, 4]
          first: Linear(4)
          first
        }
    """
    label, instance = written(label), written(instance)
    return error(
        f"`{instance}` is a stage with that label already",
        span,
        also=(Label(there, "labelled here"),),
        help=f"to use it again write `-> {instance}`, without `{label}:`",
    )


@code("NS2009")
def label_elsewhere(span: Span, label: str, there: Span) -> Diagnostic:
    """A labelled stage of another body is used.

    A labelled container is a module of its own, and a module holds its own stages only.

    Wrong:
        model {
          input x: real[B, 4]
          fc: Linear(4)
          body: { Linear(4) -> ReLU -> fc }
        }

    Right:
        model {
          input x: real[B, 4]
          body: { fc: Linear(4) -> ReLU -> fc }
        }
    """
    return error(
        f"`{written(label)}` belongs to the body around this one",
        span,
        also=(Label(there, "labelled here"),),
        help="use it in the body that labels it, or label it here",
    )


@code("NS2010")
def unknown_index(
    span: Span, name: str, key: Sequence[int | str], known: Sequence[str]
) -> Diagnostic:
    """An indexed name was not bound for this index.

    `skip[i] = x` binds one value for each `i`; only those can be used.

    Wrong:
        model {
          input x: real[B, 4]
          for i in 0..3 {
            skip[i] = x -> Linear(4)
            x = skip[i] -> ReLU
          }
          x + skip[3]
        }

    Right:
        model {
          input x: real[B, 4]
          for i in 0..3 {
            skip[i] = x -> Linear(4)
            x = skip[i] -> ReLU
          }
          x + skip[2]
        }
    """
    shown = ", ".join(str(part) for part in key)
    bound = [f"`{name}[{part}]`" for part in known]
    listed = ", ".join(bound[:4]) + (f", ... {bound[-1]}" if len(bound) > 4 else "")
    return error(
        f"`{name}[{shown}]` was not bound",
        span,
        notes=(f"bound are {listed}",) if bound else (),
    )


@code("NS2011")
def index_missing(span: Span, name: str, *, labels: bool) -> Diagnostic:
    """An indexed name stands without its index.

    `skip[i] = x` makes a family of values. Each is used by its index, and `skip[:]` is the list of
    all.

    Wrong:
        model {
          input x: real[B, 4]
          skip[0] = x -> Linear(4)
          x + skip
        }

    Right:
        model {
          input x: real[B, 4]
          skip[0] = x -> Linear(4)
          x + skip[0]
        }
    """
    every = "" if labels else f", or `{name}[:]` for all of them"
    return error(f"`{name}` needs an index", span, help=f"write `{name}[i]`{every}")


@code("NS2019")
def shared_rebinds(span: Span, label: str, there: Span) -> Diagnostic:
    """A labelled container that rebinds a name outside it is used again.

    A container may bind a name of the body around it anew, and that name then stands for the new
    value. Which value it should stand for after a second use cannot be read off the text, so such a
    container is used once.

    Wrong:
        model {
          input x: real[B, 4]
          s = x * 2
          part: {
            s = s + 1
            x -> Linear(4)
          }
          part
          output s
        }

    Right:
        model {
          input x: real[B, 4]
          part: { Linear(4) -> Tanh }
          part
        }
    """
    return error(
        f"`{label}` rebinds a name outside it, and cannot be used again",
        span,
        also=(Label(there, "the container"),),
        help="give the value by the flow, or make it a block",
    )


@code("NS2020")
def shared_sees_otherwise(span: Span, label: str, there: Span) -> Diagnostic:
    """A labelled container gets as its flow a value that it also takes from the body around it.

    A container takes the flow and the names of outside that it uses as its inputs. When on a second
    use the flow is one of those names, it would have another number of inputs than the first time.

    Wrong:
        model {
          input x: real[B, 4]
          s = x * 2
          h = x + 1
          h -> part: {
            input q
            s - q -> Linear(4)
          }
          s -> part
        }

    Right:
        model {
          input x: real[B, 4]
          s = x * 2
          h = x + 1
          h -> part: {
            input q
            s - q -> Linear(4)
          }
          -> part
        }
    """
    return error(
        f"`{label}` takes this value already, from the body around it",
        span,
        also=(Label(there, "the container"),),
        help="make it a block whose inputs are all given by the flow",
    )


@code("NS2022")
def shared_comes_out_otherwise(span: Span, label: str, there: Span) -> Diagnostic:
    """A shared block would not be the same network on its second use.

    A labelled block that is used again runs what it ran the first time. A size that is known is a
    constant in it, and an `if` has been decided, so both have to come out as before.

    Wrong:
        block Scaled {
          input x: real[B, T, D]
          x * T
        }

        model {
          input x: real[B, 6, 4]
          a = x -> scaled: Scaled
          b = x[:, :3] -> scaled
          mean(a, dim=1) + mean(b, dim=1)
        }

    Right:
        block Scaled {
          input x: real[B, T, D]
          x * T
        }

        model {
          input x: real[B, 6, 4]
          a = x -> scaled: Scaled
          b = x[:, :3] -> Scaled
          mean(a, dim=1) + mean(b, dim=1)
        }
    """
    return error(
        f"`{label}` is shared, and would come out otherwise for this value",
        span,
        also=(Label(there, "this is not as it was the first time"),),
        help="give it the same sizes both times, or write a stage of its own for each",
    )


@code("NS2021")
def label_reserved(span: Span, label: str) -> Diagnostic:
    """A label is the name of something that every PyTorch module has.

    A label becomes an attribute of the module that is built, and `train`, `forward`, `half` or
    `type` are methods of every module already: a layer under that name would hide them.

    Wrong:
        model {
          input x: real[B, 4]
          forward: Linear(4)
        }

    Right:
        model {
          input x: real[B, 4]
          forwards: Linear(4)
        }
    """
    return error(
        f"`{label}` cannot be a label: every module has an attribute of that name",
        span,
        help=f"give it another name, such as `{label.strip('_')}_layer`",
    )


@code("NS2132")
def label_index(span: Span, label: str, index: str) -> Diagnostic:
    """A label has an index that is no whole number from 0.

    `fc[i]: Linear(8)` makes the layers of one `nn.ModuleList`, with the keys `fc.0`, `fc.1`
    and so on. A layer that is known by a word has that as its label.

    Wrong:
        model {
          input x: real[B, 4]
          head["left"]: Linear(8)
        }

    Right:
        model {
          input x: real[B, 4]
          head_left: Linear(8)
        }
    """
    return error(
        f"the index of the label `{label}` is a whole number from 0, not {index}",
        span,
        notes=(f"`{label}` is an `nn.ModuleList` whose keys are `{label}.0`, `{label}.1`, ...",),
    )


@code("NS2133")
def label_gap(span: Span, label: str, key: str, missing: int) -> Diagnostic:
    """The indices of a label leave one out.

    The layers of one label are an `nn.ModuleList`, which numbers them from 0 without a gap.

    Wrong:
        model {
          input x: real[B, 4]
          for i in 1..3 { fc[i]: Linear(4) -> ReLU }
        }

    Right:
        model {
          input x: real[B, 4]
          for i in 0..2 { fc[i]: Linear(4) -> ReLU }
        }
    """
    return error(
        f"there is `{written(key)}` and no `{label}[{missing}]`",
        span,
        notes=(f"`{label}` is an `nn.ModuleList`, which counts from 0 without a gap",),
    )


@code("NS2134")
def stored_index(span: Span, label: str, what: str) -> Diagnostic:
    """A parameter or buffer has a label with an index.

    A label with an index names a layer of a list. Tensors of a loop stand in its rounds, which a
    label of the loop numbers, or are one tensor with a dimension more.

    Wrong:
        model {
          input x: real[B, 4]
          for i in 0..2 {
            gain[i]: Parameter(ones(4))
            x = x * gain[i]
          }
        }

    Right:
        model {
          input x: real[B, 4]
          gain: Parameter(ones(2, 4))
          for i in 0..2 { x = x * gain[i] }
        }
    """
    return error(
        f"the label of a `{what}` has no index",
        span,
        help=f"make one tensor of all, `{label}: {what}([n, ...])`, and take `{label}[i]`",
    )


def written(key: str) -> str:
    """A label as it is written where it is used: `fc[0]` of the key `fc.0`."""
    name, _, number = key.partition(".")
    return f"{name}[{number}]" if number else name
