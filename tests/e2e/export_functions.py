"""Small made-up specs whose models and losses are made of functions, drawing ones among them."""

from __future__ import annotations

ROWS = """
data {
  make_blobs(n_samples=50, n_features=12, centers=3, cluster_std=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}
"""
TRAIN = """
train {
  loss      = CrossEntropyLoss
  optimizer = SGD(lr=0.05, momentum=0.9)
  metrics   = [accuracy]
  batch     = 8
  epochs    = 3
  seed      = 3
}
"""

FUNCTION_CASES = {
    "functions in training": ROWS
    + """
model {
  input x: real[B, 12]
  h = x -> Linear(12) -> rrelu -> dropout(0.2)
  q, k, v = h -> unflatten(1, [3, 4]) -> unbind(dim=1)
  noise = randn(B, 4) * 0.1
  seen = scaled_dot_product_attention(q, k, v, dropout_p=0.1)
  cat(seen, k + noise, dim=1) -> Linear(3)
}
"""
    + TRAIN,
    "functions of images": ROWS
    + """
model {
  input x: real[B, 12]
  image = x -> unflatten(1, [3, 2, 2]) -> interpolate(scale_factor=2, mode="bilinear")
  pooled = image -> max_pool2d(2) -> flatten(1)
  low, which = min(x, dim=1, keepdim=true)
  cat(pooled, low, 0.1 * which, dim=1) -> layer_norm([14]) -> Linear(3)
}
"""
    + TRAIN,
    "axes by name": ROWS
    + """
block Mixed(heads) {
  input x
  x -> rearrange("b t (n d) -> b n t d", n=heads) -> softmax(dim=2)
  -> rearrange("b n t d -> b t (n d)")
}
model {
  input x: real[B, 12]
  h = x -> rearrange("b (t d) -> b t d", t=3)
  h = h -> Mixed(2) -> Mixed(4)
  more = repeat(h, "b t d -> b t (d k)", k=2) -> reduce("b t d -> b d", "max")
  cat(more, einsum("b t d, b s d -> b t s", h, h) -> flatten(1), dim=1) -> Linear(3)
}
"""
    + TRAIN,
    "functions in the loss": ROWS
    + """
model {
  score = Linear(8) -> Tanh -> Linear(3)
  output score
}
"""
    + TRAIN.replace(
        "loss      = CrossEntropyLoss",
        "apart     = mean(logsumexp(score, dim=1))\n"
        "  moved     = mean(square(score + 0.1 * randn_like(score)))\n"
        "  fit       = multi_margin_loss(score, y)\n"
        "  loss      = fit + 0.1 * apart + 0.01 * moved",
    ),
}
