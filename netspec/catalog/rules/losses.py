"""Losses: what a pattern cannot say of targets and of `reduction`.

After the "Shape" sections of the losses' pages in torch.nn.
"""

from __future__ import annotations

from netspec.catalog.call import Call
from netspec.catalog.kinds import REAL, WORDS
from netspec.types import Dim, TensorType

# Losses that take the probabilities of classes too, beside the class.
OF_CLASSES = frozenset({"CrossEntropyLoss", "cross_entropy"})

# What losses of more than a prediction and a target compare, in the words of their `forward`.
OPERANDS = {
    "CosineEmbeddingLoss": ("input1", "input2", "target"),
    "CTCLoss": ("log_probs", "targets", "input_lengths", "target_lengths"),
    "GaussianNLLLoss": ("input", "target", "var"),
    "MarginRankingLoss": ("input1", "input2", "target"),
    "TripletMarginLoss": ("anchor", "positive", "negative"),
    "TripletMarginWithDistanceLoss": ("anchor", "positive", "negative"),
}

# Losses of vectors: one number a vector, so that the last dimension goes.
OF_VECTORS = frozenset(
    {
        "MultiLabelMarginLoss",
        "MultiLabelSoftMarginLoss",
        "TripletMarginLoss",
        "TripletMarginWithDistanceLoss",
        "multilabel_margin_loss",
        "multilabel_soft_margin_loss",
        "triplet_margin_loss",
    }
)

BATCH = Dim.symbol("B")


def operands(name: str) -> tuple[str, ...]:
    """What a loss compares, in the words of its `forward`."""
    return OPERANDS.get(name, ("input", "target"))


def reduced(call: Call, elementwise: TensorType) -> tuple[TensorType, ...]:
    """One number, or one an element when `reduction` is `"none"`."""
    if call.arguments.get("reduction") == "none":
        dropped = call.name in OF_VECTORS
        return (TensorType(REAL, elementwise.shape[:-1] if dropped else elementwise.shape),)
    return (TensorType(REAL, ()),)


def takes_probabilities(call: Call) -> bool:
    """Whether a cross-entropy is given probabilities of classes in the place of an index."""
    return len(call.inputs) == 2 and call.inputs[1].kind.name == "prob"


def probabilities(call: Call) -> tuple[TensorType, ...]:
    """Cross-entropy of scores and probabilities: [B, C, ...] both."""
    scores, target = call.inputs
    message = f"`{call.name}` compares scores {scores.dims()} with probabilities {target.dims()}"
    if scores.rank != target.rank or scores.rank < 2:
        call.refuse("rank", message, input=1)
        return (scores,)
    for a, b in zip(scores.shape, target.shape, strict=True):
        call.equal(a, b, message, input=1)
    return reduced(call, TensorType(REAL, (scores.shape[0], *scores.shape[2:])))


def check_divergence(call: Call) -> None:
    """`KLDivLoss` compares with probabilities, or with their logarithms under `log_target`."""
    if call.name == "kl_div":
        call.imply("reduction", "batchmean")  # torch's own default is another
    given = call.inputs[1].kind
    wanted = "logprob" if call.flag("log_target") else "prob"
    if given.name == wanted:
        return
    other = {"logprob": "say `log_target=true`", "prob": "leave `log_target` away"}
    call.refuse(
        "kind",
        f"`{call.name}` wants {WORDS[wanted]} (`{wanted}`), not {WORDS[given.name]} (`{given}`)",
        input=1,
        help=other.get(given.name, "take the `softmax` of scores first"),
    )


def check_alignment(call: Call) -> None:
    """`CTCLoss` reads time first, and has a class for the blank beside those of the labels."""
    scores, labels = call.inputs[:2]
    if scores.shape[0] == BATCH:
        call.refuse(
            "size",
            f"`{call.name}` would take the batch `B` for time: its first input is {scores.dims()}",
            input=0,
            notes=("torch reads [T, B, C] here",),
            help="swap the two with `transpose(0, 1)`",
        )
    classes, blank = scores.shape[2], call.integer("blank")
    call.at_least(
        classes,
        Dim.of(blank + 1),
        f"`{call.name}` has its blank at {blank}, and its scores are of {classes} classes",
        argument="blank",
    )
    if labels.kind.size is not None:
        call.at_least(
            classes,
            labels.kind.size,
            f"`{call.name}` is given scores of {classes} classes, and labels of {labels.kind.size}",
            input=1,
        )
