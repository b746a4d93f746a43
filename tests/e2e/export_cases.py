"""Small made-up specs, each with a feature of training that an exported script must repeat."""

from __future__ import annotations

from export_functions import FUNCTION_CASES
from export_images import IMAGE_CASES
from export_losses import LOSS_CASES
from export_networks import NETWORKS
from export_phases import PHASE_CASES

BLOBS = """
data {
  make_blobs(n_samples=50, n_features=4, centers=3, cluster_std=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}
"""
UNVALIDATED = BLOBS.replace("train=60%, val=20%", "train=80%")
NUMBERS = """
data {
  make_regression(n_samples=50, n_features=4, n_informative=3, noise=2.0, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}
"""
MOONS = """
data {
  make_moons(n_samples=60, noise=0.2, random_state=1)
  split(train=60%, val=20%, test=20%, seed=1)
}
"""
SMALL = """
model {
  Linear(5) -> BatchNorm1d -> ReLU -> Dropout(0.1)
  Linear(OUTPUTS)
}
"""


# Losses of targets in the hundreds, on which a step of plain SGD would leave for infinity.
WITHOUT_BOUND = ("MSELoss", 'MSELoss(reduction="sum")')


def training(*lines: str, loss: str = "CrossEntropyLoss", metrics: str = "[accuracy]") -> str:
    """A train block with these lines, and defaults for what they leave out."""
    given = {line.split("=")[0].strip() for line in lines}
    optimizer = "Adam(lr=0.02)" if loss in WITHOUT_BOUND else "SGD(lr=0.05, momentum=0.9)"
    defaults = {"optimizer": optimizer, "batch": "8", "seed": "3"}
    if "steps" not in given:
        defaults["epochs"] = "4"
    written = [f"loss = {loss}", f"metrics = {metrics}", *lines]
    written += [f"{name} = {value}" for name, value in defaults.items() if name not in given]
    return "\ntrain {\n" + "".join(f"  {line}\n" for line in written) + "}\n"


def classes(*lines: str, data: str = BLOBS, metrics: str = "[accuracy]") -> str:
    return data + SMALL.replace("OUTPUTS", "3") + training(*lines, metrics=metrics)


def numbers(*lines: str, data: str = NUMBERS, metrics: str = "[r2]") -> str:
    return data + SMALL.replace("OUTPUTS", "1") + training(*lines, loss="MSELoss", metrics=metrics)


SCHEDULES = {
    "step": "StepLR(2, gamma=0.5)",
    "multistep": "MultiStepLR([1, 3])",
    "constant": "ConstantLR(total_iters=2)",
    "linear": "LinearLR(total_iters=3)",
    "exponential": "ExponentialLR(0.8)",
    "polynomial": "PolynomialLR(power=2.0)",
    "cosine": "CosineAnnealingLR",
    "cosine_given": "CosineAnnealingLR(T_max=2, eta_min=1e-3)",
    "restarts": "CosineAnnealingWarmRestarts(2)",
    "one_cycle": "OneCycleLR(0.1)",
    "one_cycle_given": "OneCycleLR(0.1, total_steps=40, pct_start=0.5)",
    "cyclic": "CyclicLR(0.01, 0.1, step_size_up=3)",
    "plateau": "ReduceLROnPlateau(patience=0, threshold=0.5)",
    "sequential": "SequentialLR([LinearLR(total_iters=2), CosineAnnealingLR], milestones=[2])",
    "sequential_of_one": "SequentialLR([CosineAnnealingLR], milestones=[])",
    "sequential_inner": "SequentialLR([CosineAnnealingLR, StepLR(1)], milestones=[3])",
    "sequential_late": "SequentialLR([ExponentialLR(0.5), PolynomialLR], milestones=[99])",
    "sequential_of_three": "SequentialLR(milestones=[1, 3], schedulers=[ConstantLR(total_iters=9), "
    "CosineAnnealingWarmRestarts(1), MultiStepLR([1])])",
    "chained": "ChainedScheduler([LinearLR(total_iters=3), CosineAnnealingLR])",
    "warmup_sequential": "warmup(6) -> SequentialLR([ConstantLR, CosineAnnealingLR], [1])",
    "warmup_chained": "warmup(6) -> ChainedScheduler(schedulers=[StepLR(1), ExponentialLR(0.9)])",
    "warmup": "warmup(6)",
    "warmup_cosine": "warmup(6) -> CosineAnnealingLR",
    "warmup_one_cycle": "warmup(3) -> OneCycleLR(0.1)",
    "warmup_plateau": "warmup(5) -> ReduceLROnPlateau(patience=0, threshold=0.5)",
    "warmup_of_whole_epochs": "warmup(8) -> StepLR(1, gamma=0.5)",
    "warmup_longer_than_the_run": "warmup(99) -> PolynomialLR",
}

AUTOENCODER = """
data {
  rows = load_iris()
  x    = rows.x -> StandardScaler
  split(train=80%, test=20%, seed=2)
}

model VAE(latent=2) {
  input x: real[B, 4]
  h = x -> Linear(8) -> Tanh
  mu = h -> mean: Linear(latent)
  logvar = h -> spread: Linear(latent)
  z = mu + exp(0.5 * logvar) * randn(B, latent)
  x_hat = z -> Linear(8) -> Tanh -> Linear(4)
  output x_hat, mu, logvar
}

train {
  recon     = sum((x_hat - x) ** 2) / B
  kl        = -0.5 * sum(1 + logvar - mu ** 2 - exp(logvar)) / B
  loss      = recon + 0.1 * kl
  metrics   = [mse]
  optimizer = Adam(lr=1e-2)
  batch     = 32
  epochs    = 3
}
"""

CASES = {
    **{f"schedule_{name}": classes(f"schedule = {text}") for name, text in SCHEDULES.items()},
    **{
        f"steps_{name}": classes(f"schedule = {SCHEDULES[name]}", "steps = 11")
        for name in (
            "step",
            "polynomial",
            "one_cycle",
            "warmup_cosine",
            "plateau",
            "constant",
            "sequential",
            "chained",
            "warmup_sequential",
        )
    },
    "plateau_of_training": classes(
        "schedule = ReduceLROnPlateau(patience=0, threshold=0.9)", data=UNVALIDATED
    ),
    "steps": classes("steps = 10"),
    "steps_of_one_epoch": classes("steps = 4"),
    "steps_first": classes("steps = 7", "epochs = 5", "schedule = CosineAnnealingLR"),
    "epochs_first": classes("steps = 700", "epochs = 3", "schedule = warmup(2) -> OneCycleLR(0.1)"),
    "steps_of_all_rows": classes("steps = 5", "batch = none", "schedule = CosineAnnealingLR"),
    "accumulate": classes("accumulate = 3", "schedule = OneCycleLR(0.1)"),
    "accumulate_more_than_there_is": classes("accumulate = 9"),
    "accumulate_all_rows": classes("accumulate = 2", "batch = none"),
    "accumulate_steps": classes("accumulate = 3", "steps = 5", "clip = 1"),
    "ema": classes("ema = 0.9"),
    "ema_steps": classes("ema = 0.99", "steps = 11", "accumulate = 2", data=UNVALIDATED),
    "ema_stalled": classes("ema = 0.5", "epochs = 40", "stop when stalled(val.loss, epochs=2)"),
    "bf16": classes('precision = "bf16"', "accumulate = 3", "clip = 0.5"),
    "bf16_lbfgs": classes("optimizer = LBFGS(max_iter=3)", "precision = bf16"),
    "bf16_ema": numbers("precision = bf16", "ema = 0.9"),
    "fp16": classes('precision = "fp16"', "accumulate = 3", "clip = 0.5"),
    "fp16_terms": AUTOENCODER.replace("epochs    = 3", "epochs    = 3\n  precision = fp16"),
    "clip": classes("clip = 0.5"),
    "clip_groups": classes('group "*.bias" { lr = 0.01 }', "clip = 0.05"),
    "groups": classes(
        'group "*.bias", "1.*" { weight_decay = 0 }',
        'group "4.*" { lr = 0.01, }'.replace(", }", " }"),
        'group "4.bias" { weight_decay = 0.5 }',
        "optimizer = AdamW(lr=0.02, weight_decay=0.1, betas=[0.9, 0.95])",
        "schedule = warmup(5) -> CosineAnnealingLR",
    ),
    "all_rows": classes("batch = none", "schedule = StepLR(1)"),
    "batch_of_all_rows": classes("batch = 30"),
    "batch_larger_than_rows": classes("batch = 400"),
    "adagrad": classes("optimizer = Adagrad"),
    "adam": classes("optimizer = Adam(lr=0.01, amsgrad=true)"),
    "rmsprop": classes("optimizer = RMSprop(lr=0.01)"),
    "adadelta": classes("optimizer = Adadelta"),
    "nadam": classes("optimizer = NAdam"),
    "lbfgs": classes("optimizer = LBFGS(max_iter=3)"),
    "lbfgs_clipped": classes("optimizer = LBFGS(max_iter=3)", "clip = 0.5"),
    "radam": classes("optimizer = RAdam"),
    "adamax": classes("optimizer = Adamax"),
    "asgd": classes("optimizer = ASGD"),
    "rprop": classes("optimizer = Rprop"),
    "adafactor": classes("optimizer = Adafactor"),
    "stop_at_a_value": classes("epochs = 30", "stop when train.loss < 0.9"),
    "stop_at_an_error": classes(
        "epochs = 30", "stop when train.error <= 0.2 and val.error <= 0.4", metrics="[f1]"
    ),
    "stop_stalled": classes("epochs = 40", "stop when stalled(val.loss, epochs=2)"),
    "stop_stalled_accuracy": classes("epochs = 40", "stop when stalled(val.accuracy, epochs=3)"),
    "stop_either": classes(
        "epochs = 40", "stop when stalled(val.loss, epochs=9) or train.accuracy >= 0.9"
    ),
    "stop_both": classes(
        "epochs = 40",
        "stop when (stalled(val.loss, epochs=1) or train.loss < 0.1) and train.accuracy > 0.5",
    ),
    "stop_several": classes(
        "epochs = 40", "stop when stalled(train.loss, epochs=2)", "stop when val.loss < 0.7"
    ),
    "metrics_of_classes": classes(
        metrics="[accuracy, error, precision, recall, f1, top_k(k=2)]",
    ),
    "metric_top": classes(metrics="[top_k(k=1)]"),
    "metric_f1": classes(metrics="[f1]"),
    "metrics_of_probabilities": MOONS
    + "model { Linear(6) -> Tanh -> Linear(1) -> Sigmoid }\n"
    + training(loss="BCELoss", metrics="[accuracy, error, precision, recall, f1]"),
    "metrics_of_probabilities_as_numbers": MOONS
    + "model { Linear(6) -> Tanh -> Linear(1) -> Sigmoid }\n"
    + training(loss="MSELoss", metrics="[accuracy, f1]"),
    "metrics_of_scores": MOONS
    + "model { Linear(6) -> Tanh -> Linear(1) }\n"
    + training(loss="BCEWithLogitsLoss", metrics="[accuracy, error, precision, recall, f1]"),
    "metrics_of_two_classes": MOONS
    + "model { Linear(6) -> Tanh -> Linear(2) }\n"
    + training(metrics="[accuracy, precision, recall, f1]"),
    "metrics_of_log_probabilities": BLOBS
    + "model { Linear(6) -> Tanh -> Linear(3) -> LogSoftmax(dim=1) }\n"
    + training(loss="NLLLoss", metrics="[accuracy, recall]"),
    "metrics_of_numbers": numbers(metrics="[mse, rmse, mae, r2]"),
    "metric_mae": numbers(metrics="[mae]", data=NUMBERS.replace("val=20%, ", "")),
    "no_metrics": numbers(metrics="[]"),
    "several_targets": NUMBERS.replace("noise", "n_targets=3, noise")
    + SMALL.replace("OUTPUTS", "3")
    + training(loss="HuberLoss(delta=2.0)", metrics="[mse, mae, r2]"),
}
for_losses = {
    "l1": "L1Loss",
    "smooth_l1": "SmoothL1Loss(beta=0.5)",
    "huber": "HuberLoss",
    "sum": 'MSELoss(reduction="sum")',
}
CASES |= {
    f"loss_{name}": NUMBERS + SMALL.replace("OUTPUTS", "1") + training(loss=loss, metrics="[mse]")
    for name, loss in for_losses.items()
}
CASES |= FUNCTION_CASES
CASES |= LOSS_CASES | PHASE_CASES
CASES["loss_smoothed"] = (
    BLOBS + SMALL.replace("OUTPUTS", "3") + training(loss="CrossEntropyLoss(label_smoothing=0.1)")
)
CASES["autoencoder"] = AUTOENCODER
CASES["two_inputs_and_outputs"] = """
data {
  rows  = load_wine()
  left  = rows.x[:, :6] -> StandardScaler
  right = rows.x[:, 6:] -> MinMaxScaler
  y     = rows.y
  split(train=70%, val=10%, test=20%, seed=2, stratify=y)
}

model {
  input left
  input right
  a = left -> Linear(8) -> ReLU
  b = right -> Linear(8) -> ReLU
  score = cat(a, b, dim=1) -> Linear(3)
  guess = right -> Linear(1)
  output score, guess
}

train {
  main      = CrossEntropyLoss(score, y)
  aside     = mean((guess - left[:, :1]) ** 2)
  loss      = main + 0.3 * aside
  metrics   = [accuracy, f1]
  optimizer = Adam(lr=1e-2)
  batch     = 32
  epochs    = 3
  stop when train.loss < 0.01
}
"""

CASES["long_names"] = """
data {
  rows = load_wine()
  measured_by_the_first_laboratory  = rows.x[:, :6] -> StandardScaler
  measured_by_the_second_laboratory = rows.x[:, 6:] -> MinMaxScaler
  y = rows.y
  split(train=70%, val=10%, test=20%, seed=2)
}

model {
  input measured_by_the_first_laboratory
  input measured_by_the_second_laboratory
  score_of_the_first_laboratory = measured_by_the_first_laboratory -> one: Linear(3)
  score_of_the_second_laboratory = measured_by_the_second_laboratory -> two: Linear(3)
  output score_of_the_first_laboratory, score_of_the_second_laboratory
}

train {
  loss_of_the_first  = CrossEntropyLoss(score_of_the_first_laboratory, y)
  loss_of_the_second = CrossEntropyLoss(score_of_the_second_laboratory, y)
  loss      = loss_of_the_first + loss_of_the_second
  metrics   = [accuracy, error, precision, recall, f1, top_k(k=2)]
  optimizer = AdamW(lr=1e-2, betas=[0.95, 0.999], eps=1e-7, weight_decay=0.05, amsgrad=true)
  group "one.weight", "one.bias", "two.weight", "two.bias", "on*", "tw*", "*o*", "*.we*", "*.b*" {
    weight_decay = 0.01
    lr = 0.02
  }
  batch     = 32
  epochs    = 6
  stop when stalled(val.accuracy, epochs=5) and train.loss < 0.1 or val.accuracy > 0.99999
}
"""
# Names that a script uses itself, or that Python or torch do.
CASES["names_of_the_script"] = """
data {
  DEVICE = load_iris()
  Rows   = DEVICE.x -> StandardScaler
  splits = Rows * 2
  F      = splits + 1
  train  = DEVICE.y
  y      = train
  split(train=70%, test=30%)
}

block Tensor(n) { Linear(n) -> ReLU }
block rows(n) {
  input DEVICE
  DEVICE + (DEVICE -> Linear(n))
}
block Any(n) {
  input lambda
  lambda -> Linear(n) -> tanh
}

model Rows {
  input F: real[B, 4]
  a = F -> Tensor(4) -> rows(4) -> any: Any(4)
  number = a -> Linear(3)
  output number
}

train {
  tensor    = CrossEntropyLoss(number, y)
  count     = mean(number ** 2)
  loss      = tensor + count
  optimizer = Adam
  group "any.*" { lr = 0.01 }
  metrics   = [accuracy]
  batch     = 16
  epochs    = 2
}
"""
CASES["names_of_imports"] = """
data {
  np = load_iris()
  x  = np.x -> StandardScaler
  y  = np.y
}

block StandardScaler(n) { Linear(n) -> ReLU }

model Model { StandardScaler(4) -> StandardScaler(5) -> Linear(3) }

train {
  loss      = CrossEntropyLoss
  optimizer = SGD(lr=0.1)
  batch     = 64
  epochs    = 1
}
"""
CASES["sparse_gradients"] = """
data {
  rows = load_iris()
  x    = rows.y
  y    = rows.x
}

model {
  Embedding(8, sparse=true)
  Linear(4)
}

train {
  loss      = MSELoss
  optimizer = SGD(lr=0.1)
  batch     = 64
  epochs    = 2
}
"""
CASES["clip_adds_in_the_same_order"] = """
data {
  make_blobs(n_samples=50, n_features=4, centers=3, cluster_std=2.0, random_state=1)
}

model {
  repeat 5 { Linear(7) -> Tanh }
  Linear(3)
}

train {
  loss      = CrossEntropyLoss
  optimizer = SGD(lr=0.5)
  group "*.weight" { lr = 0.4 }
  group "2.*" { lr = 0.3 }
  clip      = 0.1
  batch     = 8
  epochs    = 10
  seed      = 5
}
"""
CASES["images_of_one_channel"] = """
data {
  digits = load_digits(n_class=4)
  x      = digits.images / 16 -> unsqueeze(1)
  y      = digits.y
  split(train=20%, val=5%, test=10%, seed=1)
}

model {
  Conv2d(4, 3, padding=1, bias=false) -> BatchNorm2d -> ReLU -> MaxPool2d(2)
  Dropout2d(0.1) -> Flatten -> Linear(4)
}

train {
  loss      = CrossEntropyLoss
  optimizer = AdamW(lr=2e-3)
  metrics   = [accuracy, f1]
  batch     = 32
  epochs    = 2
}
"""
CASES["recurrent"] = """
data {
  x = normal(0, 1, size=[40, 6, 3])
  y = x[:, 0, 0]
  split(train=50%, val=50%)
}

model {
  input x: real[B, T, F]
  hidden, (h, c) = x -> LSTM(5, batch_first=true)
  hidden[:, -1] -> Linear(1)
}

train {
  loss      = MSELoss
  optimizer = Adam
  metrics   = [mae]
  batch     = 8
  epochs    = 2
}
"""
CASES["one_line"] = (
    "data { make_moons(n_samples=20, random_state=1) }\nmodel { Linear(1) -> Sigmoid }\n"
    "train { loss = BCELoss\noptimizer = SGD(lr=1)\nepochs = 2 }\n"
)
CASES |= NETWORKS
CASES |= IMAGE_CASES
