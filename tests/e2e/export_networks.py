"""Small made-up specs, each with a form of network that an exported script must repeat."""

from __future__ import annotations

NETWORKS: dict[str, str] = {}
NETWORKS["scan"] = """
data {
  x = normal(0, 1, size=[40, 6, 3])
  y = x[:, 0, 0]
  split(train=50%, val=50%)
}

block Layer(width) {
  input x: real[B, T, F]
  scan step in x along 1 carry h = zeros(B, width), before = zeros(B, F) {
    h = tanh((step - before -> Linear(width)) + (h -> Linear(width, bias=false)))
    before = step
    output h
  }
}

model {
  input x: real[B, T, F]
  deep = x -> Layer(5) -> Layer(4) -> Dropout(0.1)
  scan step in deep along 1 carry h = zeros(B, 5) {
    h = tanh((step -> Linear(5)) + (h -> Dropout(0.2) -> Linear(5)))
  }
  h -> Linear(1)
}

train {
  loss      = MSELoss
  optimizer = Adam
  metrics   = [mae]
  batch     = 8
  epochs    = 2
}
"""
NETWORKS["labels_with_an_index"] = """
data {
  make_blobs(n_samples=50, n_features=4, centers=3, cluster_std=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}

block Stack(width, depth=2) {
  input x: real[B, D]
  for i in 0..depth {
    x = x -> fc[i]: Linear(width) -> norm[i]: { BatchNorm1d -> Tanh }
  }
  x + (x -> fc[depth - 1])
}

model {
  input x: real[B, D]
  Stack(D) -> Stack(D, depth=3) -> head[0]: Linear(5) -> ReLU -> head[1]: Linear(3)
  init "head.*.weight" = normal(std=0.1)
}

train {
  loss      = CrossEntropyLoss
  optimizer = SGD(lr=0.1)
  group "*.fc.0.*" { lr = 0.05 }
  metrics   = [accuracy]
  batch     = 8
  epochs    = 3
}
"""
TIED = """
data {
  make_blobs(n_samples=50, n_features=4, centers=3, cluster_std=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}

model {
  input x: real[B, D]
  a: Linear(D) -> Tanh -> b: Linear(D) -> Tanh -> c: Linear(3)
  tie b.weight = a.weight
}

train {
TURNS
  metrics = [accuracy]
  batch   = 8
  epochs  = 3
}
"""
# A tied parameter is meant by any of its names.
NETWORKS["groups_of_tied"] = TIED.replace(
    "TURNS",
    """
  loss      = CrossEntropyLoss
  optimizer = SGD(lr=0.1, weight_decay=0.1)
  group "b.weight" { weight_decay = 0.5 }
  group "b.*", "c.bias" { lr = 0.01 }
""",
)
NETWORKS["updates_of_tied"] = TIED.replace(
    "TURNS",
    """
  phase one {
    loss      = CrossEntropyLoss
    optimizer = SGD(lr=0.1)
    updates   = "b.*"
  }
  phase two {
    loss      = CrossEntropyLoss
    optimizer = SGD(lr=0.01)
    updates   = ["a.bias", "c.*"]
  }
""",
)
NETWORKS["layers_as_arguments"] = """
data {
  make_blobs(n_samples=50, n_features=4, centers=3, cluster_std=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}

block Hidden(width, make=Linear(bias=false), norm: layer|none = BatchNorm1d, act=ReLU) {
  make(width) -> norm: norm -> act
}
block Residual(inner) {
  input x
  x + (x -> inner)
}

model {
  for (width, norm, act) in [(6, none, Tanh), (5, LayerNorm, none), (4, BatchNorm1d, GELU)] {
    Hidden(width, norm=norm, act=act)
  }
  Residual(Residual(Hidden(4))) -> Residual((Linear(7) -> Dropout(0.1) -> Linear(4)))
  h = Hidden(8, make=Linear)
  order = arange(8)
  h[:, order][:, [0, 3, -1]] -> Linear(3)
}

train {
  loss      = CrossEntropyLoss
  metrics   = [accuracy]
  optimizer = SGD(lr=0.05, momentum=0.9)
  batch     = 8
  epochs    = 4
  seed      = 3
}
"""
NETWORKS["tied_filled_and_frozen"] = """
data {
  make_blobs(n_samples=50, n_features=4, centers=3, cluster_std=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}

block Gate(width, name=0.1) {
  input x: real[B, D]
  gain: Parameter(name * ones(width))
  seen: Buffer([width], init=normal(std=0.1), persistent=false)
  share = arange(width) / width
  rate: Buffer(1 + share * 0.1)
  bent: Buffer(rate ** share, persistent=false)
  h = x -> fc: Linear(width) -> Tanh
  h * gain * bent + seen
  init "fc.*" = normal(std=name)
}

model {
  input x
  first: Linear(4, bias=false)
  encoder: (BatchNorm1d -> Tanh -> Linear(4))
  narrow: Gate(4)
  Linear(6)
  wide: Gate(6, name=0.3)
  head: Linear(3)
  tie encoder[2].weight = first.weight
  init "*" = uniform(a=-0.5, b=0.5)
  init "*ga[i]n" = ones
  freeze "encoder.0.*", "*gain"
}

train {
  loss      = CrossEntropyLoss
  metrics   = [accuracy]
  optimizer = SGD(lr=0.05, momentum=0.9)
  group "*.bias" { weight_decay = 0.1 }
  freeze "head.bias", "first.*"
  clip      = 1.0
  batch     = 8
  epochs    = 4
  seed      = 3
}
"""

# Tables of categories in a list, rounds that hand states on, and a part of a list.
NETWORKS["rounds"] = """
param counts = [7, 5, 3, 9]

data {
  numbers    = normal(size=[60, 4])
  categories = randint(100, size=[60, len(counts)])
  y          = randint(3, size=60)
}

block Part {
  input x: real[B, n]
  a = x -> Linear(n) -> tanh
  b = x -> Dropout(0.2) -> Linear(3)
  output x + a, b
}

model {
  input numbers
  input categories: int[B, len(counts)]
  for i, count in enumerate(counts) {
    e[i] = categories[:, i] % count -> tables[i]: Embedding(4)
  }
  h = stack([numbers] + e[:], dim=1) -> amax(dim=1)
  total = 0
  for i in 0..6 {
    h, more = h -> parts[i]: Part
    total = total + more * 0.5
    if i == 3 { h = h + e[0] }
  }
  total + cat(e[1:], dim=1)[:, :3]
}

train {
  loss      = CrossEntropyLoss
  metrics   = [accuracy]
  optimizer = Adam(lr=1e-2)
  batch     = 16
  epochs    = 3
  seed      = 2
}
"""
NETWORKS["runs_and_residuals_of_some_uses"] = """
data {
  make_blobs(n_samples=50, n_features=4, centers=3, cluster_std=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}

block Layer(width, drop) {
  input x: real[B, D]
  y = x -> fc: Linear(width) -> norm: BatchNorm1d -> Tanh
  if width == D { y = x + y * (ones(B, 1) -> Dropout(drop)) }
  output y
}

model {
  input x: real[B, D]
  body: {
    repeat 5 { Layer(6, 0.3) }
    for i in 0..6 { Layer(6 + 2 * i, 0.2) }
  }
  Linear(3)
}

train {
  loss      = CrossEntropyLoss
  optimizer = Adam(lr=1e-2)
  batch     = 8
  epochs    = 3
}
"""
