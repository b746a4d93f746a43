"""Declarations of a spec's own that say too little, or what nothing can mean (NS206x)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from keyword import iskeyword

from netspec.diagnostics import Diagnostic, Label, code, did_you_mean, error, near
from netspec.source import Span

EXAMPLES = {
    "layer": "real[...] -> real[...]",
    "function": "real[...] -> real[...]",
    "loss": "(real[B, C], real[B, C]) -> real[]",
    "metric": "(real[B, 1], real[B]) -> real[]",
    "source": "(x: real[2], y: index(3))",
    "transform": "real[D] -> real[D]",
}
# The types of arguments that are told of, where a declaration has none of that name.
ARGUMENT_TYPES = (
    "int", "float", "bool", "string", "none", "layer", "list", "pair", "triple", "ints", "floats",
)  # fmt: skip

# Why what there is of a kind is all there can be.
REASONS = {
    "optimizer": "an optimizer's state is in every checkpoint: that is known of torch's only",
    "schedule": "a schedule's state is in every checkpoint: that is known of torch's only",
    "estimator": "a baseline is an estimator that readers know, of scikit-learn",
}


@code("NS2060")
def extern_kind(span: Span, kind: str, kinds: Sequence[str]) -> Diagnostic:
    """A declaration is of no kind that a spec can declare.

    `extern` is followed by what the thing is: a `layer`, a `function`, a `loss`, a `metric`, a
    `source` or a `transform`.

    Optimizers and schedules are PyTorch's: their state is in every checkpoint, and a run that is
    resumed from one gives the same bits as a run that was not. A declaration of types says nothing
    of that. A baseline is an estimator of scikit-learn's, so that what a model is compared with is
    known to whoever reads the figures.

    Wrong:
        extern module Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2)
        }

    Right:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }
    """
    listed = ", ".join(f"`{name}`" for name in kinds)
    article = "an" if kind[:1] in "aeiou" else "a"
    message = f"a spec cannot declare {article} `{kind}`"
    advice = did_you_mean(kind, kinds)
    notes: tuple[str, ...] = (f"it can declare {listed}",)
    if kind in REASONS:
        notes = (REASONS[kind], *notes)
        advice = f"use one of the {kind}s there are, which `netspec doc {kind}` lists"
    elif kind in {"module", "activation", "nn"}:
        advice = "write `layer`"
    elif kind in {"criterion", "objective"}:
        advice = "write `loss`"
    elif kind in {"data", "dataset"}:
        advice = "write `source`"
    return error(message, span, notes=notes, help=advice)


@code("NS2061")
def origin_missing(span: Span, kind: str, name: str) -> Diagnostic:
    """A declaration does not say where its Python is.

    What a spec declares is made by Python: `from "module:name"` says by which module and which name
    in it. The module is looked for beside the spec, then where Python finds its modules.

    Wrong:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...]
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }

    Right:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }
    """
    return error(
        f"the {kind} `{name}` does not say where its Python is",
        span,
        help=f'end the line with `from "module:{name}"`, naming the module that has it',
    )


@code("NS2062")
def origin_malformed(span: Span, text: str, name: str) -> Diagnostic:
    """What stands behind `from` is no module and name.

    It is the name of a module, as Python's `import` takes it, a colon, and a name in that module.
    It is no path of a file, and names nothing within a class.

    Wrong:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers.py"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }

    Right:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }
    """
    return error(
        f"`{text}` is no module and name",
        span,
        help=f'write `from "{_meant(text, name)}"`',
    )


def _meant(text: str, name: str) -> str:
    """The origin that was most likely meant."""
    module, colon, attribute = text.strip().removesuffix(".py").partition(":")
    module = module.strip().removesuffix(".py").replace("/", ".").replace("\\", ".").strip(".")
    if not colon and module.endswith(f".{name}"):
        module = module.removesuffix(f".{name}")
    parts = module.split(".")
    if not all(part.isidentifier() and not iskeyword(part) for part in parts):
        module = "module"
    attribute = attribute.strip().rpartition(".")[2]
    return f"{module}:{attribute if attribute.isidentifier() else name}"


@code("NS2063")
def argument_type_unknown(
    span: Span, name: str, names: Collection[str], what: str = "arguments", flows: str = ""
) -> Diagnostic:
    """An argument or a param is declared with a type that does not exist.

    The types of an `extern`'s arguments are `int`, `float`, `bool`, `string`, `none`, tuples of a
    length such as `pair`, and lists: `ints`, `floats`, `strings`. Blocks and models have `int`,
    `float`, `bool`, `string`, `none`, `layer`, `list` and `pair`. Several are joined by `|`:
    `int|pair`. A param is an `int`, a `float`, a `bool` or a `string`.

    Wrong:
        extern layer Snake(alpha: number = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }

    Right:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }
    """
    instead = {
        "str": "string", "text": "string", "boolean": "bool", "integer": "int", "number": "float",
        "double": "float", "real": "float", "tuple": "pair", "list": "floats", "None": "none",
        "null": "none", "ints": "list", "floats": "list", "strings": "list", "triple": "list",
    }  # fmt: skip
    known = instead.get(name)
    advice = f"write `{known}`" if known in names else did_you_mean(name, names)
    if name in {"tensor", "Tensor", "tensors"}:
        advice = f"tensors are no {what}: they flow in{flows}"
    shown = [one for one in ARGUMENT_TYPES if one in names]
    listed = ", ".join(f"`{one}`" for one in shown)
    more = " and a few more" if len(names) > len(shown) else ""
    notes = () if near(name, names) else (f"there are {listed}{more}",)
    return error(f"{what} have no type `{name}`", span, notes=notes, help=advice)


@code("NS2064")
def default_refused(span: Span, name: str, message: str, help: str | None = None) -> Diagnostic:
    """The default of an argument is not of the argument's type, or no constant.

    A default is written out: a number, a text, `true`, `false`, `none`, or a list or tuple of them.
    It is the default that the Python has too, which is checked when the module may be loaded.

    Wrong:
        extern layer Snake(alpha: float = "1"): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }

    Right:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }
    """
    return error(f"the default of `{name}` {message}", span, help=help)


@code("NS2065")
def signature_form(span: Span, kind: str, name: str, message: str) -> Diagnostic:
    """A declaration's types are missing, or not of the form that its kind has.

    A layer has what it takes and what it gives; a loss and a metric take several tensors and give
    one number, `real[]`; a source gives named columns and takes nothing; a transform takes and
    gives one row.

    Wrong:
        extern layer Snake(alpha: float = 1.0) from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }

    Right:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          Linear(2) -> Snake
        }
    """
    example = f"extern {kind} {name}(...): {EXAMPLES[kind]}"
    return error(message, span, help=f"as in `{example}`")


@code("NS2066")
def size_untold(span: Span, message: str, help: str | None = None) -> Diagnostic:
    """A declared type has a size that nothing tells.

    A size of what comes out is a number, an argument that is an `int`, a name that what goes in
    tells, or `+ - * // %` of these. So the checker can work it out before anything runs.

    Wrong:
        extern layer Widen(factor: int): real[B, D] -> real[B, width] from "my_layers:Widen"
        model {
          input x: real[B, 4]
          Widen(2)
        }

    Right:
        extern layer Widen(factor: int): real[B, D] -> real[B, D * factor] from "my_layers:Widen"
        model {
          input x: real[B, 4]
          Widen(2)
        }
    """
    return error(message, span, help=help)


@code("NS2067")
def never_inferred(span: Span, name: str) -> Diagnostic:
    """An argument behind `;` is neither told by what flows in nor has a default.

    Arguments behind `;` are found from the input: the signature uses their name as a size of what
    goes in.

    Wrong:
        extern layer Gate(; width: int): real[B, D] -> real[B, D] from "my_layers:Gate"
        model {
          input x: real[B, 4]
          Gate
        }

    Right:
        extern layer Gate(; width: int): real[B, width] -> real[B, width] from "my_layers:Gate"
        model {
          input x: real[B, 4]
          Gate
        }
    """
    return error(
        f"`{name}` is to be inferred, and no size of what goes in is called `{name}`",
        span,
        help=f"write `{name}` for a size of the input, give it a default, or put it before `;`",
    )


@code("NS2068")
def argument_name(span: Span, name: str, earlier: Span | None = None) -> Diagnostic:
    """An argument has a name that Python cannot have, or the name of another argument.

    The Python is called with the arguments by their names, so each is a name there too.

    Wrong:
        extern layer Decay(lambda: float = 0.5): real[...] -> real[...] from "my_layers:Decay"
        model {
          input x: real[B, 4]
          Linear(2) -> Decay
        }

    Right:
        extern layer Decay(rate: float = 0.5): real[...] -> real[...] from "my_layers:Decay"
        model {
          input x: real[B, 4]
          Linear(2) -> Decay
        }
    """
    if earlier is not None:
        also = (Label(earlier, "the first"),)
        return error(f"two arguments are called `{name}`", span, also=also)
    return error(f"`{name}` is a word of Python's own, and no name of an argument", span)


@code("NS2069")
def tensors_not_known(span: Span, name: str, module: str) -> Diagnostic:
    """A tensor is read of a layer whose tensors only its Python knows.

    What a layer of one's own keeps is not in its declaration. It is known to `show`, `run` and
    `export` where they are told `--allow` with its module, and never to `check`.

    Wrong:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          y = x -> first: Snake
          y * first.alpha
        }

    Right:
        extern layer Snake(alpha: float = 1.0): real[...] -> real[...] from "my_layers:Snake"
        model {
          input x: real[B, 4]
          y = x -> first: Snake
          y * 2
        }
    """
    return error(
        f"what tensors `{name}` has is known to its Python only",
        span,
        help=f"say `--allow {module}`, which `check` does not take: it imports nothing",
    )


# Where what a file declares is used, and how.
PLACES = {
    "layer": ("a model", "x -> {}"),
    "function": ("a model or a loss", "{}(x)"),
    "loss": ("`train`", "loss = {}"),
    "metric": ("`train`", "metrics = [{}]"),
    "source": ("`data`", "rows = {}(...)"),
    "transform": ("`data`", "rows.x -> {}"),
}


@code("NS2075")
def extern_misplaced(span: Span, kind: str, name: str) -> Diagnostic:
    """What an imported file declares stands where nothing of its kind is used.

    Sources and transforms belong in `data`, layers in a model, losses and metrics in `train`.

    Wrong:
        # file: rows.net
        #| extern source spirals(n: int): (x: real[2], y: index(3)) from "my_rows:spirals"
        import "rows.net" as lib
        model {
          input x: real[B, 2]
          Linear(3) -> lib.spirals
        }

    Right:
        # file: rows.net
        #| extern source spirals(n: int): (x: real[2], y: index(3)) from "my_rows:spirals"
        import "rows.net" as lib
        data { lib.spirals(300) }
        model { Linear(8) -> ReLU -> Linear(3) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam
          epochs    = 20
        }
    """
    where, example = PLACES[kind]
    return error(
        f"`{name}` is a {kind}, which belongs in {where}",
        span,
        help=f"there, write `{example.format(name)}`",
    )


@code("NS2070")
def transform_takes(
    span: Span, message: str, declared: Span | None, help: str | None = None
) -> Diagnostic:
    """A transform of the spec's own is given something that its declaration does not take.

    Its types are those of one row: `real[D]` is a row of D numbers, of a matrix or of a table's
    columns; `real[]` is one number, of a column; `real[...]` is any. It is given floating numbers,
    unless its declaration wants `int`, `index` or `bool`.

    Wrong:
        extern transform Clip(): real[D] -> real[D] from "my_data:Clip"
        data {
          rows = make_regression(n_samples=100)
          x    = rows.x
          y    = rows.y -> Clip
        }
        model { Linear(1) -> squeeze(-1) }
        train {
          loss      = MSELoss
          optimizer = Adam
          epochs    = 20
        }

    Right:
        extern transform Clip(): real[...] -> real[...] from "my_data:Clip"
        data {
          rows = make_regression(n_samples=100)
          x    = rows.x
          y    = rows.y -> Clip
        }
        model { Linear(1) -> squeeze(-1) }
        train {
          loss      = MSELoss
          optimizer = Adam
          epochs    = 20
        }
    """
    also = () if declared is None else (Label(declared, "declared here"),)
    return error(message, span, also=also, help=help)


@code("NS2071")
def stalled_by_own(span: Span, measured: str) -> Diagnostic:
    """`stalled` is asked of a metric that the spec declares.

    It has to know whether more or less is better, which it knows of the loss and of the metrics
    there are, and not of another. A metric of one's own is held against a number.

    Wrong:
        extern metric worst(): (score[B, C], index(C)[B]) -> real[] from "my_metrics:Worst"
        data { make_moons() }
        model { Linear(2) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam
          epochs    = 20
          metrics   = [worst]
          stop when stalled(train.worst, epochs=5)
        }

    Right:
        extern metric worst(): (score[B, C], index(C)[B]) -> real[] from "my_metrics:Worst"
        data { make_moons() }
        model { Linear(2) }
        train {
          loss      = CrossEntropyLoss
          optimizer = Adam
          epochs    = 20
          metrics   = [worst]
          stop when train.worst > 0.4
        }
    """
    return error(
        f"nothing says whether more or less of `{measured}` is better",
        span,
        help=f"hold it against a number, `stop when {measured} > 0.5`, or let the loss stall",
    )
