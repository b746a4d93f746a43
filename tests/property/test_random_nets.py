"""Random small networks, built line by line as text and, beside it, as plain torch.

What `check` accepts builds, runs, and gives the shape and the kind it said. What it refuses, torch
refuses too, or the refusal is one of the rules by which netspec is stricter than torch. `make fuzz`
runs many more.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass

import catalogue_lines
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from language_lines import LANGUAGE
from lines import MAKERS, Line
from torch import Tensor, nn

from netspec import codegen, driver
from netspec.analysis.network.requirements import holds
from netspec.diagnostics import Diagnostic, Sink
from netspec.program import Program
from netspec.source import Source
from netspec.types import TensorType

PROGRAMS = int(os.environ.get("NETSPEC_PROGRAMS", "5000"))
# Each shard is one test, with draws of its own.
SHARDS = 50
LINES = 6

# Rules by which netspec refuses what torch would run, each with the words it refuses in.
STRICTER = {
    "a layer takes a batch: torch's unbatched forms are not meant": (
        "` wants [B, ",
        "` wants [T, B, ",
        "` takes a batch",
        "wants [..., embed_dim]",
    ),
    "the batch is never taken for channels or time": ("take the batch", "takes the batch"),
    "a kind says what numbers are": (
        "wants floating-point numbers",
        "(`",
        "is made of",
        "cannot multiply",
        "two classes",
        "is declared `",
    ),
    "an argument has a range": (
        "must be at ",
        "cannot fill",
        "must be above ",
        "must be below ",
        "cannot be `",
    ),
    "vectors are told from numbers": (
        "wants vectors, not a number",
        "wants a dimension to look along",
        "of a tensor that has none",
    ),
    "a loss never broadcasts": ("` compares [",),
    "what is summed over has one size": ("sums over", "adds ["),
    "a scan goes along no batch, and a state keeps its type": ("along the batch", "and becomes"),
    "a size that hangs on one known only at run time": (
        "needs to know",
        "cannot tell",
        "not known before the run",
    ),
    "a size that is not known is never taken to be 1": ("no size of",),
    "no size is 0": (
        "nothing is left",
        "leaves nothing",
        "` cuts ",
        "not there yet",
        "at least 1 copy",
        "is a number above 0",
        "cannot make 0 of",
    ),
    "a dimension is there, though torch does not look where nothing is taken off": (
        "`diff` names dimension",
    ),
    "what torch refuses in training is refused": ("one number in each",),
    "a bias is one number an output": ("`bias` of `linear` is",),
    # Parameters of the draws are plain ones, which have no gradient.
    "a target without a gradient hangs on nothing that learns": ("hangs on what is learned",),
    "the nuclear norm names its matrices": ("is for matrices",),
    # Torch takes a mask of fewer dimensions for three of them, and refuses it for four.
    "a mask has rows and columns": ("wants a mask [..., L, S]",),
}
# What torch refuses by numbers that are known only then: an `int` may be any, 0 and below too.
BY_VALUE = ("is out of bounds", "index out of range", "ZeroDivisionError", "Class values must be")
WORDS = tuple(words for rule in STRICTER.values() for words in rule)
REFUSALS = (
    RuntimeError,
    IndexError,
    ValueError,
    TypeError,
    AssertionError,
    ZeroDivisionError,
    OverflowError,
)

FROM_CATALOGUE = catalogue_lines.makers()

INPUTS = (
    ("real[B, 4]", (4,)),
    ("real[B, 6, 5]", (6, 5)),
    ("real[B, T, 4]", (None, 4)),
    ("real[B, 3, 8, 8]", (3, 8, 8)),
    ("real[B, 2, H, W]", (2, None, None)),
    ("unit[B, 7]", (7,)),
)


def drawn(draw: random.Random, value: Tensor) -> Line:
    """A statement on a value; about half of them fit its shape."""

    def size(*among: int) -> int:
        return draw.choice(among or (1, 2, 3, 4))

    dims = range(-value.ndim, max(1, value.ndim))
    makers = draw.choice((MAKERS, FROM_CATALOGUE, FROM_CATALOGUE, LANGUAGE))
    return draw.choice(makers)(value, size, draw.choice(dims), draw.choice(dims))


def check(text: str) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    sink = Sink()
    return driver.check(Source("net.net", text), sink), sink.diagnostics


def has_integers(program: Program) -> bool:
    """Whether a value is of integers of which nothing is known."""
    assert program.model is not None
    slots = (slot for step in program.model.graph.steps for slot in step.results)
    return any(slot.type.kind.name == "int" for slot in slots)


def is_of(value: Tensor, given: TensorType) -> bool:
    """Whether the numbers are what the kind says."""
    match given.kind.name:
        case "unit":
            return bool(((value >= 0) & (value <= 1)).all())
        case "prob":
            return sums_to_one(value)
        case "logprob":
            return sums_to_one(value.exp())
        case "int" | "index":
            size = None if given.kind.size is None else given.kind.size.value
            inside = size is None or bool(((value >= 0) & (value < size)).all())
            return inside and not value.is_floating_point() and value.dtype != torch.bool
        case "bool":
            return value.dtype == torch.bool
        case name:
            assert name == "real"
            return value.is_floating_point()


def sums_to_one(value: Tensor) -> bool:
    """Along some dimension, be it one of size 1 that is gone by now."""
    sums = (value, *(value.sum(dim=dim) for dim in range(value.ndim)))
    return any(torch.allclose(total, torch.ones_like(total), atol=1e-4) for total in sums)


@dataclass
class Count:
    """How many programs were checked."""

    checked: int = 0


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
@pytest.mark.parametrize("shard", range(SHARDS))
def test_accepted_is_what_torch_runs(shard: int) -> None:
    count = Count()
    share = -(-PROGRAMS // SHARDS)

    @seed(shard)
    @settings(
        max_examples=-(-share // LINES),
        database=None,
        phases=(Phase.generate,),  # a net has six lines at most, and the message shows them
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=False))
    def net(draw: random.Random) -> None:
        agrees(draw, count)

    net()
    assert count.checked >= share


def agrees(draw: random.Random, count: Count) -> None:
    number = draw.randrange(10_000)
    torch.manual_seed(number)
    declared, shape = draw.choice(INPUTS)
    sizes = {"B": draw.choice([2, 3]), "T": draw.choice([1, 4, 7])}
    sizes |= {"H": draw.choice([1, 5, 8]), "W": draw.choice([2, 6, 9])}
    names = iter([name for name in "THW" if name in declared])
    given_x = torch.rand(sizes["B"], *(sizes[next(names)] if n is None else n for n in shape))
    text, value = f"model {{\n  input x: {declared}\n  x = x -> Identity\n", given_x
    accepted: Program | None = None
    for _ in range(LINES):
        line = drawn(draw, value)
        longer = f"{text}  {line.text}\n"
        if line.text.startswith("->"):
            longer = f"{text}  x = x {line.text}\n"
        program, found = check(f"{longer}  x\n}}\n")
        count.checked += 1
        try:
            after = line.apply(value)
        except REFUSALS as reason:
            refused: str | None = f"{type(reason).__name__}: {reason}"
        else:
            refused = None
        if program is None:
            said = [diagnostic.message for diagnostic in found]
            assert said, f"refused in silence:\n{longer}"
            assert refused or any(words in said[0] for words in WORDS), f"{said}\n{longer}"
            continue
        assert program.model is not None
        if not all(holds(fact, sizes) for fact in program.model.requirements):
            continue
        if refused is not None:  # what is written out may say more than the text: `keepdim`'s `dim`
            try:
                after = built(program, number)(given_x)
            except REFUSALS as reason:
                if any(words in str(reason) for words in BY_VALUE) and has_integers(program):
                    continue
                raise AssertionError(f"{longer} at {tuple(value.shape)}") from reason
        text, value, accepted = longer, after, program
        (told,) = program.model.graph.output_types
        assert [dim.evaluate(sizes) for dim in told.shape] == list(value.shape), longer
        if bool(value.isfinite().all()):
            assert is_of(value, told), f"{told}\n{longer}"
    # Of lines that do nothing, a container has nothing to give.
    if accepted is not None and accepted.model is not None and len(accepted.model.graph.steps) > 1:
        in_another_form(draw.choice(list(FORMS)), text, accepted, given_x, value, number)


FORMS = {
    "a container": "{head}  x -> {{\n{lines}  x\n  }}\n  x\n}}\n",
    "a labelled container": "{head}  x -> part: {{\n{lines}  x\n  }}\n  x\n}}\n",
    "a loop": "{head}  part: repeat 1 {{\n{lines}  x\n  }}\n  x\n}}\n",
    "a counted loop": "{head}  for i in 0..1 {{\n{lines}  x\n  }}\n  x\n}}\n",
    "a choice": "{head}  if 1 < 2 {{\n{lines}  x\n  }} else {{\n  x\n  }}\n  x\n}}\n",
    "a block": "block Part {{\n  input x\n{lines}  x\n}}\n{head}  x -> Part\n}}\n",
    "a block with an argument": (
        "block Part(n=1) {{\n  input x\n  repeat n {{\n{lines}  x\n  }}\n  x\n}}\n"
        "{head}  x -> Part(n=1)\n}}\n"
    ),
    "a block with a layer": (
        "block Part(last=ReLU) {{\n  input x\n{lines}  x -> last\n}}\n"
        "{head}  x -> Part(last=Identity)\n}}\n"
    ),
    "blocks in blocks": (
        "block Inner {{\n  input x\n{lines}  x\n}}\nblock Part(inside=Inner) {{ inside }}\n"
        "{head}  x -> Part -> Identity\n}}\n"
    ),
    "loops in loops": (
        "{head}  for i in 0..1 {{\n  repeat 1 {{\n  for j in [i] {{\n{lines}  x\n"
        "  }}\n  }}\n  }}\n  x\n}}\n"
    ),
    "the emitted source": "",
}


def in_another_form(
    form: str, text: str, accepted: Program, given_x: Tensor, value: Tensor, number: int
) -> None:
    """The same statements in a body of another form, or as emitted, give the same to the bit."""
    plain = built(accepted, number)(given_x)
    assert plain.shape == value.shape, text
    if form == "the emitted source":
        module = emitted(accepted, number)
    else:
        head, lines = text.split("Identity\n", 1)
        inside = FORMS[form].format(head=f"{head}Identity\n", lines=lines)
        wrapped, found = check(inside)
        assert wrapped is not None, f"{found}\n{inside}"
        module = built(wrapped, number)
    again = module(given_x)
    assert torch.equal(again, plain) or bool(plain.isnan().any()), f"{form}: {text}"


def emitted(program: Program, seed: int) -> nn.Module:
    """The module that the exported text makes when it is run by itself."""
    assert program.model is not None
    namespace: dict[str, type[nn.Module]] = {}
    exec(codegen.emit_model(program.model), namespace)
    torch.manual_seed(seed)
    return namespace["Model"]().eval()


def built(program: Program, seed: int) -> nn.Module:
    assert program.model is not None
    torch.manual_seed(seed)
    return codegen.build_model(program.model, "net.net").eval()
