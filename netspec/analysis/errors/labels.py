"""Labels and indexed names (NS20xx)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, error
from netspec.source import Span


@code("NS2005")
def label_twice(span: Span, label: str, earlier: Span | None) -> Diagnostic:
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
    if earlier == span:
        return error(
            f"the label `{label}` names a stage of every round of the loop",
            span,
            help=f"label the loop, `{label}: repeat ... {{ }}`: its rounds are numbered",
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
        help=f"take the label out, or name the value: `{label} = ... -> {function}`",
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
        f"`{label}` belongs to the body around this one",
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
def index_missing(span: Span, name: str) -> Diagnostic:
    """An indexed name stands without its index.

    `skip[i] = x` makes a family of values. Each is used by its index.

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
    return error(f"`{name}` needs an index", span, help=f"write `{name}[i]`")


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
