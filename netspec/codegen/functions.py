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
    TRAINED = auto()  # F.dropout(x, 0.1, training=self.training)
    GATHERED = auto()  # torch.cat([a, b], dim=1): leading tensors in a list
    SPREAD = auto()  # torch.meshgrid(a, b): leading tensors one by one
    EINOPS = auto()  # einops.rearrange(x, "b (h d) -> b h d", h=8)
    CREATED = auto()  # torch.zeros(2, 3, device=x.device)


_TABLE: dict[Form, str] = {
    Form.METHOD: """
        abs amax amin argmax bool chunk clamp cumsum detach exp expand expm1 flatten flip float
        floor gather log log1p long masked_fill mean norm permute pow reshape roll round rsqrt sign
        split sqrt square squeeze std sum topk transpose unsqueeze var view

        all any argmin argsort ceil clip count_nonzero cummax cummin cumprod diagonal diff
        index_add index_select isfinite isinf isnan kthvalue logcumsumexp logsumexp max median min
        mode movedim narrow nan_to_num nanmean nansum prod quantile reciprocal repeat_interleave
        scatter scatter_add scatter_reduce select sort swapaxes swapdims take_along_dim t tile
        trace trunc unbind unflatten
        """,
    Form.TORCH: """
        bmm cos matmul maximum minimum ones_like outer rand_like randn_like sigmoid sin tanh
        tril triu where zeros_like

        acos acosh add addcdiv addcmul addmm asin asinh atan atan2 atanh baddbmm bernoulli
        broadcast_to bucketize cdist copysign cosh cross deg2rad diag diag_embed digamma dist div
        dot eq erf erfc erfinv exp2 fliplr flipud floor_divide fmod frac full_like ge gt hypot
        inner isclose le lerp lgamma log10 log2 logaddexp logical_and logical_not logical_or
        logical_xor logit lt mm moveaxis mul multinomial mv ne rad2deg ravel remainder rot90
        searchsorted sinc sinh std_mean sub tan tensor_split tensordot var_mean xlogy
        """,
    Form.FUNCTIONAL: """
        binary_cross_entropy binary_cross_entropy_with_logits cross_entropy elu gelu
        huber_loss interpolate kl_div l1_loss leaky_relu log_softmax mse_loss nll_loss normalize
        one_hot pad relu scaled_dot_product_attention silu smooth_l1_loss softmax softplus
        cosine_embedding_loss ctc_loss gaussian_nll_loss hinge_embedding_loss margin_ranking_loss
        multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss poisson_nll_loss
        soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss

        adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
        adaptive_max_pool2d adaptive_max_pool3d affine_grid avg_pool1d avg_pool2d avg_pool3d
        bilinear celu channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d
        conv_transpose3d cosine_similarity embedding fold glu grid_sample group_norm gumbel_softmax
        hardshrink hardsigmoid hardswish hardtanh layer_norm linear local_response_norm logsigmoid
        lp_pool1d lp_pool2d lp_pool3d max_pool1d max_pool2d max_pool3d mish pairwise_distance
        pdist pixel_shuffle pixel_unshuffle prelu relu6 rms_norm selu softmin softshrink softsign
        tanhshrink threshold unfold
        """,
    Form.TRAINED: """
        alpha_dropout dropout dropout1d dropout2d dropout3d feature_alpha_dropout rrelu
        """,
    Form.GATHERED: "cat hstack stack vstack",
    Form.EINOPS: "rearrange reduce repeat",
    Form.SPREAD: "block_diag cartesian_prod einsum meshgrid",
    Form.CREATED: """
        arange empty eye full linspace logspace ones rand randint randn randperm tensor
        tril_indices triu_indices zeros
        """,
}

FORMS: dict[str, Form] = {name: form for form, names in _TABLE.items() for name in names.split()}

# Functions that take sizes in a row as well as in a list; in a row is how they are written.
IN_A_ROW = frozenset(
    {"empty", "expand", "ones", "permute", "rand", "randn", "reshape"} | {"tile", "view", "zeros"}
)

# Arguments that torch takes under several names, or under none: they are written by place.
BY_PLACE = frozenset({("max", "dim"), ("min", "dim"), ("tensor_split", "indices_or_sections")})

# Functions that drop numbers out by the chance they are given here, and do not ask whether the
# model is trained.
DROPPING = {"scaled_dot_product_attention": (4, "dropout_p")}

# Functions that give a tuple even of one tensor.
TUPLES = frozenset({"chunk", "meshgrid", "split", "tensor_split", "unbind"})

# Arguments that torch's method calls otherwise than its function.
OF_METHODS = {("split", "split_size_or_sections"): "split_size"}


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
    training: Expr | None = None,
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
            return written(name, operands, keywords, device, training)


def called(
    name: str, operands: Sequence[Argument], keywords: Sequence[tuple[str, Argument]]
) -> Expr:
    """The call of a function of the user's, whose arguments come as they were declared."""
    named = [
        (
            key,
            display("(", _apart(given.value), ")")
            if given.value.text.startswith("[")
            else given.value,
        )
        for key, given in keywords
    ]
    return call(name, [operand.value for operand in operands], named)


def written(
    function: str,
    operands: Sequence[Argument],
    keywords: Sequence[tuple[str, Argument]],
    device: Expr | None,
    training: Expr | None = None,
) -> Expr:
    """The call of `function`.

    `device` is where a new tensor has to be, `training` says whether the model is trained.

    Raises KeyError for a function that is not in the table.
    """
    operands, keywords = _in_training(function, operands, keywords, training)
    positional = [operand.value for operand in operands]
    if function in IN_A_ROW and positional and positional[-1].text.startswith("["):
        positional[-1:] = [part for _, part in positional[-1].parts] or positional[-1:]
    positional += [value.value for name, value in keywords if _by_place(function, name, value)]
    named = [
        (name, value.value) for name, value in keywords if not _by_place(function, name, value)
    ]
    match FORMS[function]:
        case Form.METHOD if positional and operands[0].tensor:
            named = [(OF_METHODS.get((function, name), name), value) for name, value in named]
            return call(attribute(positional[0], function), positional[1:], named)
        case Form.METHOD | Form.TORCH:
            return call(f"torch.{function}", positional, named)
        case Form.FUNCTIONAL:
            return call(f"F.{function}", positional, named)
        case Form.TRAINED:
            assert training is not None, f"`{function}` stands where nothing is trained"
            return call(f"F.{function}", positional, [*named, ("training", training)])
        case Form.EINOPS:
            return call(f"einops.{function}", positional, named)
        case Form.SPREAD:
            apart = [part for one in positional for part in _apart(one)]
            return call(f"torch.{function}", apart, named)
        case Form.GATHERED:
            joined = _tensors_listed(operands)
            return call(f"torch.{function}", joined, named)
        case Form.CREATED:
            where = [] if device is None else [("device", device)]
            return call(f"torch.{function}", positional, [*named, *where])


def _by_place(function: str, name: str, argument: Argument) -> bool:
    """Whether an argument named in the text is written by place; `max(x, dim=1)` keeps its name."""
    return (function, name) in BY_PLACE and (argument.tensor or function not in {"max", "min"})


def _in_training(
    function: str,
    operands: Sequence[Argument],
    keywords: Sequence[tuple[str, Argument]],
    training: Expr | None,
) -> tuple[Sequence[Argument], Sequence[tuple[str, Argument]]]:
    """The arguments with a chance of dropping numbers out turned to 0 outside of training."""
    place, name = DROPPING.get(function, (None, None))
    if place is None or training is None:
        return operands, keywords

    def only(argument: Argument) -> Argument:
        never = argument.value.text in {"0", "0.0"}
        text = f"{argument.value} if {training} else 0.0"
        return argument if never else Argument(Expr(text), tensor=False)

    return (
        [only(value) if at == place else value for at, value in enumerate(operands)],
        [(key, only(value) if key == name else value) for key, value in keywords],
    )


def _apart(operand: Expr) -> list[Expr]:
    """The items of a list, or what is no list by itself."""
    return [part for _, part in operand.parts] if operand.text.startswith("[") else [operand]


def _tensors_listed(operands: Sequence[Argument]) -> list[Expr]:
    """Tensors that stand alone (`cat(a, b)`) as one list; a list stays as it is, `[*a]` as `a`."""
    alone = [operand.value for operand in operands if operand.tensor]
    rest = [operand.value for operand in operands if not operand.tensor]
    if alone and alone[0].text.startswith("[*") and len(alone[0].parts) == 1:
        return [Expr(alone[0].text[2:-1]), *rest]
    if not alone or alone[0].text.startswith("["):
        return [*alone, *rest]
    return [display("[", alone, "]"), *rest]
