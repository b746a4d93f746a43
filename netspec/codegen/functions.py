"""How each function of the catalogue is written in Python: one table, read by `written`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from netspec.codegen import layout
from netspec.codegen.layout import Expr, attribute, call, display


class Form(Enum):
    """The form of a call; a new function is one word in `_TABLE`."""

    METHOD = auto()  # x.mean(dim=1)
    TORCH = auto()  # torch.where(mask, a, b)
    FUNCTIONAL = auto()  # F.relu(x)
    GATHERED = auto()  # torch.cat([a, b], dim=1): leading tensors in a list
    CREATED = auto()  # torch.zeros(2, 3, device=x.device)


_TABLE: dict[Form, str] = {
    Form.METHOD: """
        abs amax amin argmax chunk clamp cumsum detach exp expand expm1 flatten flip float floor
        gather log log1p masked_fill mean norm permute pow repeat reshape roll round rsqrt sign
        split sqrt square squeeze std sum topk transpose unsqueeze var view
        """,
    Form.TORCH: """
        bmm cos einsum matmul maximum minimum ones_like outer rand_like randn_like sigmoid sin tanh
        tril triu where zeros_like
        """,
    Form.FUNCTIONAL: """
        binary_cross_entropy binary_cross_entropy_with_logits cross_entropy dropout elu gelu
        huber_loss interpolate kl_div l1_loss leaky_relu log_softmax mse_loss nll_loss normalize
        one_hot pad relu scaled_dot_product_attention silu smooth_l1_loss softmax softplus
        cosine_embedding_loss ctc_loss gaussian_nll_loss hinge_embedding_loss margin_ranking_loss
        multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss poisson_nll_loss
        soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss
        """,
    Form.GATHERED: "cat stack",
    Form.CREATED: "arange empty eye full linspace ones rand randint randn zeros",
}

FORMS: dict[str, Form] = {name: form for form, names in _TABLE.items() for name in names.split()}

# Functions that take sizes in a row as well as in a list; in a row is how they are written.
IN_A_ROW = frozenset(
    {"empty", "expand", "ones", "permute", "rand", "randn", "repeat", "reshape", "view", "zeros"}
)


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a function: its text, and whether it holds tensors."""

    value: Expr
    tensor: bool


def is_operator(function: str) -> bool:
    """Whether a step is written as an operator or a subscript, and not as a call."""
    return function in {"neg", "getitem"} or function in layout.OPERATORS


def computed(
    function: str,
    operands: Sequence[Argument],
    keywords: Sequence[tuple[str, Argument]],
    device: Expr | None,
) -> Expr:
    """A step of a graph: an operator, a subscript, or a call as `written` says."""
    values = [operand.value for operand in operands]
    match function:
        case "neg":
            return layout.negative(values[0])
        case "getitem":
            return layout.subscript(values[0], values[1:])
        case operator if operator in layout.OPERATORS:
            left, right = values
            return layout.binary(operator, left, right)
        case name:
            return written(name, operands, keywords, device)


def written(
    function: str,
    operands: Sequence[Argument],
    keywords: Sequence[tuple[str, Argument]],
    device: Expr | None,
) -> Expr:
    """The call of `function`; `device` is where a new tensor has to be.

    Raises KeyError for a function that is not in the table.
    """
    positional = [operand.value for operand in operands]
    if function in IN_A_ROW and positional and positional[-1].text.startswith("["):
        positional[-1:] = [part for _, part in positional[-1].parts] or positional[-1:]
    named = [(name, argument.value) for name, argument in keywords]
    match FORMS[function]:
        case Form.METHOD if positional and operands[0].tensor:
            return call(attribute(positional[0], function), positional[1:], named)
        case Form.METHOD | Form.TORCH:
            return call(f"torch.{function}", positional, named)
        case Form.FUNCTIONAL:
            return call(f"F.{function}", positional, named)
        case Form.GATHERED:
            joined = _tensors_listed(operands)
            return call(f"torch.{function}", joined, named)
        case Form.CREATED:
            where = [] if device is None else [("device", device)]
            return call(f"torch.{function}", positional, [*named, *where])


def _tensors_listed(operands: Sequence[Argument]) -> list[Expr]:
    """Tensors that stand alone (`cat(a, b)`) as one list; a list stays as it is."""
    alone = [operand.value for operand in operands if operand.tensor]
    rest = [operand.value for operand in operands if not operand.tensor]
    if not alone or alone[0].text.startswith("["):
        return [*alone, *rest]
    return [display("[", alone, "]"), *rest]
