"""Small made-up specs of several models and of phases, exported as `export_cases` are."""

from __future__ import annotations

PHASE_CASES: dict[str, str] = {}

# Several models, applied in the loss.
PHASE_CASES["models_vae"] = """
data {
  rows = load_iris()
  x = rows.x -> StandardScaler
  split(train=80%, val=20%, seed=1)
}
model Encoder {
  h = x -> Linear(8) -> Tanh
  mu = h -> Linear(2)
  logvar = h -> Linear(2)
  output mu, logvar
}
model Decoder { Linear(8) -> Tanh -> Linear(4) }
train {
  mu, logvar = x -> Encoder
  x_hat = mu + exp(0.5 * logvar) * randn_like(mu) -> Decoder
  recon = mse_loss(x_hat, x, reduction="sum") / B
  kl = -0.5 * sum(1 + logvar - mu ** 2 - exp(logvar)) / B
  loss = recon + 0.1 * kl
  optimizer = Adam(lr=1e-2)
  batch = 16
  epochs = 3
  seed = 2
}
"""
PHASE_CASES["models_siamese"] = """
data {
  rows = load_iris()
  left = rows.x -> StandardScaler
  right = rows.x[:, :] -> MinMaxScaler
  split(train=80%, val=20%, seed=1)
}
model Net { input v: real[B, 4]
 Linear(8) -> ReLU -> Linear(3) }
train {
  a = left -> Net
  b = right -> Net
  loss = mean((a - b) ** 2)
  optimizer = SGD(lr=1e-2)
  batch = 16
  epochs = 3
}
"""
PHASE_CASES["models_towers"] = """
data {
  image = normal(0, 1, size=[48, 8])
  text  = normal(0, 1, size=[48, 4])
}
model Image {
  input v: real[B, 8]
  Linear(8) -> ReLU -> Linear(4) }
model Text  {
  input v: real[B, 4]
  Linear(4) }
train {
  a = image -> Image -> normalize(dim=1)
  b = text -> Text -> normalize(dim=1)
  logits = a @ transpose(b, 0, 1) / 0.07
  rows = CrossEntropyLoss(logits, arange(B))
  columns = CrossEntropyLoss(transpose(logits, 0, 1), arange(B))
  loss = (rows + columns) / 2
  optimizer = AdamW(lr=1e-3)
  batch = 16
  epochs = 2
}
"""
PHASE_CASES["models_metrics"] = """
data {
  load_iris()
  split(train=80%, val=20%, seed=1)
}
model Encoder { Linear(8) -> ReLU }
model Head { Linear(3) }
train {
  score = x -> Encoder -> Head
  loss = CrossEntropyLoss(score, y)
  optimizer = AdamW(lr=1e-2)
  group "*.bias" { weight_decay = 0 }
  metrics = [accuracy, f1]
  batch = 16
  epochs = 3
}
"""
# Phases.
PHASE_CASES["phases_gan"] = """
data {
  img = normal(0, 1, size=[24, 1, 8, 8])
}
model G {
  input z: real[B, 10]
  Unflatten(1, [10, 1, 1])
  ConvTranspose2d(8, 4, bias=false) -> BatchNorm2d -> ReLU
  ConvTranspose2d(1, 4, stride=2, padding=1, bias=false) -> Tanh
}
model D {
  input img: real[B, 1, 8, 8]
  Conv2d(8, 4, stride=2, padding=1, bias=false) -> LeakyReLU(0.2)
  Conv2d(1, 4, bias=false) -> Flatten
}
train {
  phase discriminator {
    fake      = randn(B, 10) -> G -> detach
    loss      = BCEWithLogitsLoss(img -> D, 1) + BCEWithLogitsLoss(fake -> D, 0)
    optimizer = Adam(lr=2e-4, betas=[0.5, 0.999])
    updates   = D
  }
  phase generator {
    loss      = BCEWithLogitsLoss(randn(B, 10) -> G -> D, 1)
    optimizer = Adam(lr=2e-4, betas=[0.5, 0.999])
    updates   = G
  }
  batch  = 8
  epochs = 2
  seed   = 3
}
"""
PHASE_CASES["phases_settings"] = """
param noise = 8

data {
  make_moons(n_samples=200, noise=0.1, random_state=1)
  split(train=80%, val=20%, seed=1)
}

model G {
  input z: real[B, noise]
  Linear(16) -> ReLU
  Linear(2)
}
model D {
  Linear(16) -> LeakyReLU(0.2)
  score: Linear(1)
}

train {
  drawn = randn(B, noise) -> G
  phase discriminator {
    real      = BCEWithLogitsLoss(x -> D, 0.9)
    made      = BCEWithLogitsLoss(drawn -> detach -> D, 0)
    loss      = real + made
    optimizer = SGD(lr=2e-3)
    schedule  = warmup(3) -> ReduceLROnPlateau
    updates   = ["D.linear_0.*", "D.score.*"]
    clip      = 1.0
  }
  phase generator {
    loss      = BCEWithLogitsLoss(drawn -> D, 1)
    optimizer = AdamW(lr=2e-3)
    group "*.bias" { weight_decay = 0 }
    schedule  = CosineAnnealingLR
    updates   = G
  }
  batch  = 20
  epochs = 3
  accumulate = 3
  ema = 0.9
  seed   = 4
  stop when train.discriminator.loss < 1e-3 or val.discriminator.real < 1e-3
}
"""
PHASE_CASES["phases_of_one_model"] = """
data {
  load_iris()
  split(train=80%, val=20%, seed=1)
}
model {
  body: Linear(8)
  ReLU
  head: Linear(3)
}
train {
  phase warm {
    loss      = CrossEntropyLoss
    optimizer = LBFGS(lr=0.1)
    updates   = "head.*"
    clip      = 1.0
  }
  phase deep {
    loss      = CrossEntropyLoss(label_smoothing=0.1)
    optimizer = AdamW(lr=1e-2)
    group "*.bias" { weight_decay = 0 }
    updates   = "body.*"
  }
  metrics = [accuracy]
  batch   = 20
  steps   = 13
}
"""
# A schedule that counts steps, of phases that gather batches: it moves when its phase does.
PHASE_CASES["phases_gather_schedules"] = (
    PHASE_CASES["phases_settings"]
    .replace("warmup(3) -> ReduceLROnPlateau", "warmup(2) -> OneCycleLR(0.01)")
    .replace("CosineAnnealingLR", "OneCycleLR(0.01)")
    .replace("epochs = 3", "steps = 7")
)
PHASE_CASES["models_lbfgs_metrics"] = PHASE_CASES["models_metrics"].replace(
    'AdamW(lr=1e-2)\n  group "*.bias" { weight_decay = 0 }', "LBFGS(lr=0.1, max_iter=2)\n  clip = 1"
)
