"""Every loss beside torch's: at several sizes, of wrong shapes, of other kinds."""

from __future__ import annotations

import inspect
import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from sampling import entry, needs_hold, tensor, typed
from torch import Tensor, nn
from torch.nn import functional

from netspec import catalog
from netspec.catalog import Application, Refusal, values
from netspec.catalog.rules.losses import operands
from netspec.codegen.constructors import parameters
from netspec.codegen.losses import FUNCTIONS
from netspec.types import Dim, Kind, TensorType

SIZES = (1, 2, 3, 5)


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a loss takes: types with symbols in them, and the arguments it needs."""

    operands: tuple[TensorType, ...]
    keywords: Mapping[str, Any] = field(default_factory=dict)

    @property
    def symbols(self) -> list[str]:
        """The names of its sizes."""
        return sorted({str(dim) for of in self.operands for dim in of.shape if dim.symbols})

    def at(self, sizes: Mapping[str, int]) -> tuple[TensorType, ...]:
        """The operands with numbers for their sizes."""
        dims = {name: Dim.of(size) for name, size in sizes.items()}
        return tuple(of.substitute(dims) for of in self.operands)


def form(*operands: TensorType, **keywords: Any) -> Form:
    return Form(operands=operands, keywords=keywords)


def index(size: int, *shape: str) -> TensorType:
    return typed("index", *shape, size=size)


PAIR = (typed("real", "B", "D"), typed("real", "B", "D"))
SCORES = typed("real", "B", 5)
FORMS: dict[str, list[Form]] = {
    "MSELoss": [form(*PAIR)],
    "L1Loss": [form(*PAIR)],
    "SmoothL1Loss": [form(*PAIR)],
    "HuberLoss": [form(*PAIR)],
    "BCELoss": [form(typed("unit", "B", "D"), typed("unit", "B", "D"))],
    "BCEWithLogitsLoss": [form(PAIR[0], typed("bool", "B", "D"))],
    "CrossEntropyLoss": [
        form(SCORES, index(5, "B")),
        form(typed("real", "B", 5, "H", "W"), index(5, "B", "H", "W")),
        form(SCORES, typed("prob", "B", 5)),
    ],
    "NLLLoss": [form(typed("logprob", "B", 5), index(5, "B"))],
    "PoissonNLLLoss": [form(*PAIR), form(*PAIR, log_input=False, full=True)],
    "GaussianNLLLoss": [form(*PAIR, typed("unit", "B", "D"))],
    "KLDivLoss": [
        form(typed("logprob", "B", "D"), typed("prob", "B", "D"), reduction="batchmean"),
        form(
            typed("logprob", "B", "D"),
            typed("logprob", "B", "D"),
            reduction="sum",
            log_target=True,
        ),
    ],
    "HingeEmbeddingLoss": [form(PAIR[0], typed("int", "B", "D"))],
    "MultiLabelMarginLoss": [form(SCORES, typed("int", "B", 5))],
    "MultiLabelSoftMarginLoss": [form(PAIR[0], typed("bool", "B", "D"))],
    "MultiMarginLoss": [form(SCORES, index(5, "B")), form(SCORES, index(5, "B"), p=2)],
    "SoftMarginLoss": [form(*PAIR)],
    "CosineEmbeddingLoss": [form(*PAIR, typed("real", "B"))],
    "MarginRankingLoss": [form(typed("real", "B"), typed("real", "B"), typed("int", "B"))],
    "TripletMarginLoss": [form(*PAIR, PAIR[0]), form(*PAIR, PAIR[0], swap=True, p=1.0)],
    "TripletMarginWithDistanceLoss": [form(*PAIR, PAIR[0])],
    "CTCLoss": [
        form(
            typed("logprob", "T", "B", 5),
            index(5, "B", "S"),
            typed("int", "B"),
            typed("int", "B"),
        )
    ],
}
CASES = [(name, one) for name, forms in FORMS.items() for one in forms]
IDS = [f"{name}-{at}" for name, forms in FORMS.items() for at in range(len(forms))]

# Losses whose torch lets tensors of other shapes pass by broadcasting or by looking at too little
# of them, where a loss of the catalogue never does.
BROADCAST = frozenset(
    {
        "MSELoss",
        "L1Loss",
        "SmoothL1Loss",
        "HuberLoss",
        "PoissonNLLLoss",
        "GaussianNLLLoss",
        "KLDivLoss",
        "HingeEmbeddingLoss",
        "MultiLabelSoftMarginLoss",
        "SoftMarginLoss",
        "CosineEmbeddingLoss",
        "CTCLoss",
        "MarginRankingLoss",
        "TripletMarginLoss",
        "TripletMarginWithDistanceLoss",
    }
)

# Losses that look at numbers of their operands, which tensors on the meta device have not.
READS_NUMBERS = frozenset({"CTCLoss", "GaussianNLLLoss"})


def ours(
    name: str, keywords: Mapping[str, Any], given: Sequence[TensorType]
) -> Application | Refusal:
    bound = entry("loss", name).bind((), keywords)
    return bound if isinstance(bound, Refusal) else entry("loss", name).apply(bound, given)


def sampled(name: str, given: Sequence[TensorType], device: str = "cpu") -> list[Tensor]:
    """Tensors of these types, as the data hands them over: targets of numbers are floats."""
    made = [tensor(of, device) for of in given]
    signature = entry("loss", name).signature
    assert signature is not None
    for at, pattern in enumerate(signature.inputs):
        if pattern.kind is not None and pattern.kind.id in {"target", "fraction", "sign"}:
            made[at] = made[at].float()
    if name == "GaussianNLLLoss":
        made[2] = made[2].abs()
    if name == "CTCLoss":
        steps, labels = made[0].shape[0], made[1].shape[-1] if made[1].dim() > 1 else 1
        made[2], made[3] = torch.full_like(made[2], steps), torch.full_like(made[3], labels)
    return made


def theirs(
    name: str, keywords: Mapping[str, Any], given: Sequence[TensorType], device: str = "cpu"
) -> Tensor | str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns where it broadcasts
            loss: Tensor = getattr(nn, name)(**keywords)(*sampled(name, given, device))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        return str(error) or "refused"
    return loss


@pytest.mark.parametrize(("name", "of"), CASES, ids=IDS)
def test_shapes_at_several_sizes(name: str, of: Form) -> None:
    choices = values.choices(name, "reduction")
    symbols = of.symbols
    for reduction in choices:
        keywords = {**of.keywords, "reduction": reduction}
        applied = ours(name, keywords, of.operands)
        assert isinstance(applied, Application), applied
        for sizes in itertools.product(SIZES, repeat=len(symbols)):
            at = dict(zip(symbols, sizes, strict=True))
            device = "cpu" if name in READS_NUMBERS else "meta"
            made = theirs(name, keywords, of.at(at), device)
            if not needs_hold(applied, at):
                assert isinstance(made, str), at
                continue
            assert isinstance(made, Tensor), made
            (wanted,) = applied.outputs
            dims = wanted.substitute({key: Dim.of(size) for key, size in at.items()}).shape
            assert tuple(made.shape) == tuple(dim.value for dim in dims), at
            assert made.dtype == torch.float32


def altered(of: TensorType) -> list[TensorType]:
    """Types with a dimension of another size, one less, one more, and in another order."""
    shape = of.shape
    made = [(*shape[:at], dim + 1, *shape[at + 1 :]) for at, dim in enumerate(shape)]
    made += [(*shape[:at], Dim.of(1), *shape[at + 1 :]) for at in range(len(shape))]
    made += [(*shape, Dim.of(1)), (*shape, Dim.of(2)), (Dim.of(1), *shape), shape[:-1], shape[1:]]
    made += [shape[::-1]]
    return [replace(of, shape=dims) for dims in dict.fromkeys(made) if dims != shape]


@pytest.mark.parametrize(("name", "of"), CASES, ids=IDS)
def test_what_one_refuses_the_other_does(name: str, of: Form) -> None:
    sizes = {"B": 3, "D": 4, "H": 2, "W": 6, "T": 9, "S": 2}
    given = of.at(sizes)
    assert isinstance(ours(name, of.keywords, given), Application)
    refused = 0
    for at, of_one in enumerate(given):
        for other in altered(of_one):
            tried = (*given[:at], other, *given[at + 1 :])
            mine, torchs = ours(name, of.keywords, tried), theirs(name, of.keywords, tried)
            if isinstance(mine, Application):
                assert isinstance(torchs, Tensor), f"torch refuses {tried[at]}: {torchs}"
                continue
            refused += 1
            assert mine.reason in {"rank", "size", "classes"}
            if name not in BROADCAST and mine.reason != "classes":
                assert isinstance(torchs, str), f"torch accepts {[str(t) for t in tried]}"
    assert refused


KINDS = ("real", "unit", "prob", "logprob", "int", "bool", "index")


# What each operand of a loss may be. Torch asks only whether it is a float: that a loss of scores
# is given scores is netspec's to say, and so is written here.
FLOATS = "real unit prob logprob"
ANY = f"{FLOATS} int bool index"
TAKEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"), (FLOATS, ANY)),
    "PoissonNLLLoss": (FLOATS, ANY),
    "GaussianNLLLoss": (FLOATS, ANY, FLOATS),
    "BCELoss": ("unit prob", "unit prob bool index"),
    "BCEWithLogitsLoss": ("real", "unit prob bool index"),
    "MultiLabelSoftMarginLoss": ("real", "unit prob bool index"),
    "CrossEntropyLoss": ("real", "index"),
    "MultiMarginLoss": ("real", "index"),
    "NLLLoss": ("logprob", "index"),
    "KLDivLoss": ("logprob", "prob"),
    "HingeEmbeddingLoss": (FLOATS, "real int"),
    "SoftMarginLoss": ("real", "real int"),
    "MultiLabelMarginLoss": ("real", "int index"),
    "CosineEmbeddingLoss": (FLOATS, FLOATS, "real int"),
    "MarginRankingLoss": (FLOATS, FLOATS, "real int"),
    "TripletMarginLoss": (FLOATS, FLOATS, FLOATS),
    "TripletMarginWithDistanceLoss": (FLOATS, FLOATS, FLOATS),
    "CTCLoss": ("logprob", "index", "int index", "int index"),
}


def of_kind(of: TensorType, kind: str) -> TensorType:
    """The type with other numbers: as many classes as before, or two."""
    size = Dim.of(2) if of.kind.size is None else of.kind.size
    return of.with_kind(Kind(kind, size if kind == "index" else None))


@pytest.mark.parametrize("name", FORMS)
def test_each_operand_takes_its_kinds(name: str) -> None:
    form = FORMS[name][0]
    given = form.at({"B": 3, "D": 4, "T": 9, "S": 2})
    assert len(TAKEN[name]) == len(given)
    for at, wanted in enumerate(TAKEN[name]):
        tried = {kind: [*given[:at], of_kind(given[at], kind), *given[at + 1 :]] for kind in KINDS}
        outcomes = {kind: ours(name, form.keywords, types) for kind, types in tried.items()}
        taken = {kind for kind, made in outcomes.items() if isinstance(made, Application)}
        assert taken == set(wanted.split()), f"operand {at}"
        for made in outcomes.values():
            assert not isinstance(made, Application) or str(made.outputs[0]) == "real[]"


@pytest.mark.parametrize(("name", "of"), CASES, ids=IDS)
def test_kinds_that_are_taken_run(name: str, of: Form) -> None:
    given = of.at({"B": 3, "D": 4, "H": 2, "W": 6, "T": 9, "S": 2})
    for at, kind in itertools.product(range(len(given)), KINDS):
        tried = [*given[:at], of_kind(given[at], kind), *given[at + 1 :]]
        mine = ours(name, of.keywords, tried)
        if isinstance(mine, Application):
            assert isinstance(theirs(name, of.keywords, tried), Tensor), tried[at]
        else:
            assert mine.reason in {"kind", "classes", "rank"}
            assert mine.input == at or name in {"CrossEntropyLoss", "KLDivLoss"}


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("TripletMarginLoss", {"margin": 0.0}),
        ("TripletMarginWithDistanceLoss", {"margin": -1.0}),
        ("MultiMarginLoss", {"p": 3}),
        ("SoftMarginLoss", {"reduction": "batchmean"}),
        ("CTCLoss", {"blank": 5}),
    ],
)
def test_arguments_that_both_refuse(name: str, keywords: dict[str, Any]) -> None:
    of = FORMS[name][0]
    given = of.at({"B": 3, "D": 4, "T": 9, "S": 2})
    assert isinstance(ours(name, keywords, given), Refusal)
    assert isinstance(theirs(name, keywords, given), str)


def test_every_loss_is_sampled() -> None:
    assert set(FORMS) == set(catalog.load().names("loss"))


@pytest.mark.parametrize("name", catalog.load().names("loss"))
def test_the_function_of_a_loss_takes_what_its_class_takes(name: str) -> None:
    """The emitted loss calls the function with what differs from the class's defaults."""
    function = inspect.signature(getattr(functional, FUNCTIONS[f"torch.nn.{name}"])).parameters
    for parameter in parameters(f"torch.nn.{name}"):
        assert function[parameter.name].default == parameter.default


@pytest.mark.parametrize("name", catalog.load().names("loss"))
def test_the_operands_are_called_as_in_torch(name: str) -> None:
    forward = list(inspect.signature(getattr(nn, name).forward).parameters)[1:]
    if name == "PoissonNLLLoss":
        forward[0] = "input"  # torch calls it `log_input`, as it does the argument
    assert list(operands(name)) == forward
    signature = entry("loss", name).signature
    assert signature is not None
    assert len(signature.inputs) == len(forward)
