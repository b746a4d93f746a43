"""User code that may not be loaded, is not there, or is not what a spec declares (NS601x)."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Diagnostic, Label, code, did_you_mean, error
from netspec.program.externs import Extern, ExternArgument
from netspec.source import Span


@code("NS6010")
def not_allowed(
    missing: Sequence[Extern], externs: Sequence[Extern], file: str, verb: str
) -> Diagnostic:
    """A spec needs a module of its own, and nobody allowed it to be loaded.

    A spec is data: no name in it reaches an import by itself. Who runs it says which modules of the
    user's may be loaded, having read them. `check` never loads any.

        netspec run spirals.net --allow my_layers
    """
    first, *others = missing
    modules = list(dict.fromkeys(extern.module for extern in externs))
    allow = " ".join(f"--allow {module}" for module in modules)
    in_python = ", ".join(f'"{module}"' for module in modules)
    shown = {extern.module: extern for extern in reversed(others) if extern.module != first.module}
    return error(
        f"the {first.kind} `{first.name}` needs the module `{first.module}`, which is not allowed",
        first.origin,
        also=tuple(Label(extern.origin, "and this one") for extern in shown.values()),
        notes=("a spec loads no code by itself: who runs it names the modules it may load",),
        help=f"read the code; if you trust it, `netspec {verb} {file} {allow}`, or in Python "
        f'`netspec.load("{file}", allow=[{in_python}])`',
    )


@code("NS6011")
def no_such_module(extern: Extern, folder: str) -> Diagnostic:
    """The module that a declaration names is not to be found.

    A module is looked for beside the spec, then where Python finds its modules.

        netspec run spirals.net --allow my_layers
    """
    where = f"`{extern.module.replace('.', '/')}.py`"
    return error(
        f"there is no module `{extern.module}`",
        extern.origin,
        notes=(f"it is looked for in `{folder}`, then where Python finds its modules",),
        help=f"put {where} beside the spec, or install the package that has it",
    )


@code("NS6012")
def no_such_name(extern: Extern, names: Sequence[str]) -> Diagnostic:
    """The module that a declaration names has no such name.

    It may be misspelt, or be made only when something is called; it must be there once the module
    is imported.

        netspec run spirals.net --allow my_layers
    """
    return error(
        f"the module `{extern.module}` has no `{extern.attribute}`",
        extern.origin,
        help=did_you_mean(extern.attribute, names),
    )


@code("NS6013")
def wrong_thing(
    extern: Extern, wanted: str, given: str, place: Span | None, help: str | None = None
) -> Diagnostic:
    """The Python of a declaration is not of the sort that its kind needs.

    A layer and a loss are subclasses of `torch.nn.Module`, a metric a class with `update` and
    `compute`, a source and a function are functions of Python, a transform a class with `fit` and
    `transform`.

        netspec run spirals.net --allow my_layers
    """
    return error(
        f"the {extern.kind} `{extern.name}` is to be {wanted}, and `{extern.target}` is {given}",
        extern.origin,
        also=_at(place, "this is it"),
        help=help,
    )


@code("NS6014")
def argument_not_taken(
    extern: Extern, argument: ExternArgument, names: Sequence[str], place: Span | None
) -> Diagnostic:
    """A declaration has an argument that its Python does not take.

    Arguments are given by name, so the names are those of the Python.

        netspec run spirals.net --allow my_layers
    """
    takes = "it takes " + ", ".join(f"`{name}`" for name in names) if names else "it takes none"
    return error(
        f"`{extern.name}` declares the argument `{argument.name}`, which `{extern.target}` does "
        "not take",
        extern.head,
        also=_at(place, takes),
        help=did_you_mean(argument.name, names),
    )


@code("NS6015")
def argument_not_declared(extern: Extern, name: str, place: Span | None) -> Diagnostic:
    """Python needs an argument that its declaration does not have.

    What has no default in Python must be declared, or nobody could give it.

        netspec run spirals.net --allow my_layers
    """
    return error(
        f"`{extern.target}` needs the argument `{name}`, which `{extern.name}` does not declare",
        extern.head,
        also=_at(place, f"`{name}` has no default here"),
        help=f"declare it: `{extern.name}({name}: ...)`",
    )


@code("NS6016")
def default_differs(
    extern: Extern, argument: ExternArgument, default: object, place: Span | None
) -> Diagnostic:
    """A declared default is another one than Python's.

    An argument that is left away has the default, and there is only one.

        netspec run spirals.net --allow my_layers
    """
    said = _said(argument.default)
    return error(
        f"`{argument.name}` of `{extern.name}` is declared to be {said} by default",
        extern.head,
        also=_at(place, f"here it is {_said(default)}"),
        help=f"write `{argument.name} = {_said(default).strip('`')}` in one of the two",
    )


@code("NS6017")
def gives_otherwise(
    extern: Extern, message: str, notes: Sequence[str], place: Span | None
) -> Diagnostic:
    """Python gives another type than its declaration says.

    The declaration is tried out before anything is trained: on tensors without numbers (torch's
    `meta` device), at two sizes of each dimension whose size is not known.

        netspec run spirals.net --allow my_layers
    """
    return error(
        message,
        extern.signature or extern.head,
        also=_at(place, "made here"),
        notes=tuple(notes),
        help="change the declaration or the Python, so that they say the same",
    )


@code("NS6018")
def user_code_raised(
    extern: Extern, raised: BaseException, message: str, doing: str, place: Span | None
) -> Diagnostic:
    """Python of the user's raised an exception.

    It is shown with the line it came from. It is no bug in netspec. `SystemExit`, which would end
    the program in silence, is reported as any other.

        netspec run spirals.net --allow my_layers
    """
    said = message.strip().splitlines()
    text = f"{type(raised).__name__}: {said[0]}" if said else type(raised).__name__
    more = tuple(line for line in said[1:4] if line.strip())
    if place is None:
        return error(f"`{extern.target}` raised {doing}", extern.head, notes=(text, *more))
    return error(
        f"`{extern.target}` raised {doing}",
        place,
        also=(Label(extern.head, "declared here"),),
        notes=(text, *more),
    )


@code("NS6019")
def loss_keeps_tensors(extern: Extern, names: Sequence[str], place: Span | None) -> Diagnostic:
    """A loss of the user's has weights or buffers.

    A loss is applied to outputs and fields; what learns is in the model, where it is saved, moved
    to the device, and given to the optimizer. Constants can be made in `forward`, on the device of
    the input.

        netspec run spirals.net --allow my_losses
    """
    listed = ", ".join(f"`{name}`" for name in names)
    return error(
        f"the loss `{extern.name}` has tensors of its own: {listed}",
        extern.head,
        also=_at(place, "made here"),
        help="put what learns into the model; make constants in `forward`, on its input's device",
    )


@code("NS6025")
def tensors_not_taken(extern: Extern, count: int, place: Span | None) -> Diagnostic:
    """A function of the user's takes fewer tensors than its declaration says.

    Tensors are given by place, before the arguments, which are given by name: what the declaration
    has before `->` are the first parameters of the Python.

        netspec run spirals.net --allow my_functions
    """
    wanted = "1 tensor" if extern.tensors == 1 else f"{extern.tensors} tensors"
    takes = "no parameter by place" if not count else f"only {count} by place"
    return error(
        f"`{extern.name}` declares {wanted}, which `{extern.target}` does not take",
        extern.signature or extern.head,
        also=_at(place, f"it takes {takes}"),
        help="the tensors are the first parameters of the function",
    )


@code("NS6026")
def tensor_place(extern: Extern, name: str, place: Span | None) -> Diagnostic:
    """An argument of a user's function stands where Python takes a tensor.

    Tensors are given by place, before the arguments, which are given by name. A parameter of the
    Python that stands among the first ones is a tensor's.

        netspec run spirals.net --allow my_functions
    """
    wanted = "first parameter is" if extern.tensors == 1 else f"first {extern.tensors} are"
    return error(
        f"`{name}` of `{extern.name}` is declared as an argument, and Python takes a tensor there",
        extern.head,
        also=_at(place, f"of this function, the {wanted} given the tensors"),
        help=f"put `{name}` behind the tensors in the Python",
    )


@code("NS6027")
def changes_input(extern: Extern, number: int, count: int, place: Span | None) -> Diagnostic:
    """Python of the user's changes a tensor that it is given.

    Values are never changed in a spec: `x + (x -> Mine)` uses `x` twice, and both are the same. A
    method with `_` at its end (`x.mul_(2)`) or an assignment to a part (`x[0] = 0`) changes it for
    whoever else uses it, where the same without `_` makes a new one.

        netspec run spirals.net --allow my_layers
    """
    which = "the tensor" if count == 1 else f"tensor {number}"
    return error(
        f"`{extern.name}` changes {which} that it is given",
        extern.head,
        also=_at(place, "made here"),
        help="make a new one: `x * 2` for `x.mul_(2)`, or begin with `x = x.clone()`",
    )


def _at(place: Span | None, text: str) -> tuple[Label, ...]:
    return () if place is None else (Label(place, text),)


def _said(value: object) -> str:
    """A constant of Python as the language writes it."""
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case None:
            return "`none`"
        case str():
            return f'`"{value}"`'
        case _:
            return f"`{value}`"
