"""Small made-up specs, one for each loss that is not in other cases, by name or on tensors."""

from __future__ import annotations

TEMPLATE = """
data {{
  rows = make_classification(n_samples=40, n_features=6, n_classes=2, random_state=3)
  x    = rows.x
  y    = {target}
  split(train=70%, val=15%, test=15%, seed=1)
}}

model {{
  input x: real[B, 6]
{model}
}}

train {{
  loss      = {loss}
  optimizer = SGD(lr=0.05)
  batch     = 8
  epochs    = 2
  seed      = 2
}}
"""
SIGNS = "2 * rows.y - 1"
ONE = "  Linear(4) -> Tanh -> Linear(1)"
VECTORS = "\n".join(f"  {name} = x -> Linear(3)" for name in "abc") + "\n  output a, b, c"
SEQUENCE = """
  p = x -> Linear(7 * 4) -> Unflatten(1, [7, 4]) -> transpose(0, 1) -> LogSoftmax(dim=2)
  mark = argmax(x[:, :2], dim=1)
  marks = mark -> unsqueeze(1)
  length = ones_like(mark)
  time = 7 * length
  output p, marks, time, length"""

# Each loss with its target, its model and itself.
LOSSES = {
    "poisson": ("rows.y", ONE, "PoissonNLLLoss(full=true)"),
    "poisson_of_rates": (
        "rows.y",
        f"{ONE} -> Softplus",
        "PoissonNLLLoss(log_input=false, eps=1e-6)",
    ),
    "gaussian": (
        "rows.x[:, 0]",
        "  center = x -> Linear(1)\n  var = x -> Linear(1) -> Softplus\n  output center, var",
        "GaussianNLLLoss(center, y, var)",
    ),
    "divergence": (
        "rows.y",
        "  p = x -> Linear(3) -> LogSoftmax(dim=1)\n  q = x -> Linear(3) -> Softmax(dim=1)\n"
        "  output p, q",
        "KLDivLoss(p, q)",
    ),
    "divergence_of_logarithms": (
        "rows.y",
        "  p = x -> Linear(3) -> LogSoftmax(dim=1)\n  q = x -> Linear(3) -> LogSoftmax(dim=1)\n"
        "  output p, q",
        'KLDivLoss(p, q, reduction="sum", log_target=true)',
    ),
    "hinge_embedding": (SIGNS, f"{ONE} -> Softplus", "HingeEmbeddingLoss(margin=2.0)"),
    "soft_margin": (SIGNS, ONE, "SoftMarginLoss"),
    # Targets that are computed from whole numbers.
    "huber_of_computed": ("rows.y", f"  p = {ONE.strip()}\n  output p", "HuberLoss(p, 2 * y - 1)"),
    "scores_of_computed": (
        "rows.x[:, 0]",
        f"  p = {ONE.strip()}\n  output p",
        "BCEWithLogitsLoss(p, y > 0) + mse_loss(p, y > 1)",
    ),
    "multi_margin": ("rows.y", "  Linear(2)", "MultiMarginLoss(p=2, margin=0.5)"),
    "multi_label_soft_margin": (
        "rows.x[:, :3] > 0",
        "  Linear(3)",
        "MultiLabelSoftMarginLoss",
    ),
    "multi_label_margin": (
        "rows.y",
        "  p = x -> Linear(3)\n  first = argmax(x[:, :3], dim=1)\n"
        "  marks = stack(first, (first + 1) % 3, first - first - 1, dim=1)\n  output p, marks",
        "MultiLabelMarginLoss(p, marks)",
    ),
    "cosine_embedding": (
        SIGNS,
        VECTORS,
        "CosineEmbeddingLoss(a, b, y, margin=0.2) + 0.1 * mean(c ** 2)",
    ),
    "margin_ranking": (
        SIGNS,
        "  a = x -> Linear(1)\n  b = x -> Linear(1)\n  output a, b",
        "MarginRankingLoss(a, b, y, margin=0.1)",
    ),
    "triplet": ("rows.y", VECTORS, "TripletMarginLoss(a, b, c, swap=true)"),
    "triplet_of_distances": (
        "rows.y",
        VECTORS,
        "TripletMarginWithDistanceLoss(a, b, c, margin=0.3)",
    ),
    "alignment": ("rows.y", SEQUENCE, "CTCLoss(p, marks, time, length, blank=3)"),
}
LOSS_CASES = {
    f"loss_{name}": TEMPLATE.format(target=target, model=model, loss=loss)
    for name, (target, model, loss) in LOSSES.items()
}
