"""Argument values: which fit a declared type, which are in range, how they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netspec.catalog.records import Operand, Value
from netspec.types import Dim, TensorType

WORDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "string": "a text",
    "none": "`none`",
    "single": "a tuple of 1 whole number",
    "pair": "a tuple of 2 whole numbers",
    "triple": "a tuple of 3 whole numbers",
    "quadruple": "a tuple of 4 whole numbers",
    "sextuple": "a tuple of 6 whole numbers",
    "optional_single": "a tuple of 1 whole number or `none`",
    "optional_pair": "a tuple of 2 whole numbers or `none`",
    "optional_triple": "a tuple of 3 whole numbers or `none`",
    "ints": "a list of whole numbers",
    "floats": "a list of numbers",
    "strings": "a list of texts",
    "numbers": "a number or a list of numbers, or of such lists",
    "float_pair": "a tuple of 2 numbers",
    "optional_float_pair": "a tuple of 2 numbers, the first may be `none`",
    "float_triple": "a tuple of 3 numbers",
    "size": "a size",
    "sizes": "a list of sizes",
    "tensor": "a tensor",
    "tensors": "a list of tensors",
    "schedules": "a list of schedules",
}
LENGTHS = {"single": 1, "pair": 2, "triple": 3, "quadruple": 4, "sextuple": 6}


def is_int(value: object) -> bool:
    """Whether it is a whole number and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether it is a number and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_size(value: object) -> bool:
    """Whether it is a whole number, known now or when the model runs."""
    return is_int(value) or isinstance(value, Dim)


def _all(test: Callable[[object], bool], value: object, length: int | None = None) -> bool:
    return (
        isinstance(value, tuple)
        and (length is None or len(value) == length)
        and all(test(item) for item in value)
    )


def _is_nested(value: object) -> bool:
    """Whether it is a number, a truth value or a list of such, or of such lists."""
    if isinstance(value, tuple):
        return value != () and all(_is_nested(item) for item in value)
    return isinstance(value, int | float)


def _fits_one(type_name: str, value: Operand) -> bool:
    match type_name:
        case "int":
            return is_size(value)
        case "size":
            return is_size(value)
        case "float":
            return is_number(value) or isinstance(value, Dim)
        case "bool":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "none":
            return value is None
        case "single" | "pair" | "triple" | "quadruple" | "sextuple":
            return _all(is_size, value, LENGTHS[type_name])
        case "optional_single" | "optional_pair" | "optional_triple":
            length = LENGTHS[type_name.removeprefix("optional_")]
            return _all(lambda item: item is None or is_size(item), value, length)
        case "ints" | "sizes":
            return _all(is_size, value)
        case "floats":
            return _all(is_number, value)
        case "numbers":
            return _is_nested(value)
        case "strings":
            return _all(lambda item: isinstance(item, str), value)
        case "schedules":  # by their names
            return _all(lambda item: isinstance(item, str), value) and value != ()
        case "float_pair" | "float_triple":
            return _all(is_number, value, LENGTHS[type_name.removeprefix("float_")])
        case "optional_float_pair":
            return isinstance(value, tuple) and (
                _all(is_number, value, 2)
                or (value[:1] == (None,) and _all(is_number, value[1:], 1))
            )
        case "tensor":
            return isinstance(value, TensorType)
        case "tensors":
            return _all(lambda item: isinstance(item, TensorType), value) and value != ()
        case _:
            raise ValueError(f"the prelude names an unknown argument type: {type_name}")


def fits(types: tuple[str, ...], value: Operand) -> bool:
    """Whether a value is of one of the declared types; without any, every value is."""
    return not types or any(_fits_one(type_name, value) for type_name in types)


def wanted(types: tuple[str, ...]) -> str:
    """The declared types in words: "a whole number or a tuple of 2 whole numbers"."""
    words = [WORDS[type_name] for type_name in types]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]


def written(value: Operand) -> str:
    """A value as the language writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "none"
        case str():
            return f'"{value}"'
        case tuple():
            inner = ", ".join(written(item) for item in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})" if value else "[]"
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class Range:
    """The numbers an argument may be; each end may be absent."""

    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False

    def holds(self, number: float) -> bool:
        """Whether the number is within."""
        above = self.low is None or number > self.low or (number == self.low and not self.open_low)
        below = (
            self.high is None or number < self.high or (number == self.high and not self.open_high)
        )
        return above and below

    def __str__(self) -> str:
        low = None if self.low is None else f"{'above' if self.open_low else 'at least'} {self.low}"
        high = (
            None if self.high is None else f"{'below' if self.open_high else 'at most'} {self.high}"
        )
        return " and ".join(part for part in (low, high) if part)


AT_LEAST_0, AT_LEAST_1 = Range(low=0), Range(low=1)
INSIDE = Range(low=0, high=1, open_low=True, open_high=True)
FRACTION, BELOW_1 = Range(low=0, high=1), Range(low=0, high=1, open_high=True)

# By argument name, for the kinds of entry named first. A size of 0, which torch takes with a
# warning or not at all, is refused; the rest are torch's own ranges.
RANGES: Mapping[tuple[str, str], Range] = {
    ("layer", "in_features"): AT_LEAST_1,
    ("layer", "out_features"): AT_LEAST_1,
    ("layer", "in_channels"): AT_LEAST_1,
    ("layer", "out_channels"): AT_LEAST_1,
    ("layer", "kernel_size"): AT_LEAST_1,
    ("layer", "stride"): AT_LEAST_1,
    ("layer", "padding"): AT_LEAST_0,
    ("layer", "output_padding"): AT_LEAST_0,
    ("layer", "dilation"): AT_LEAST_1,
    ("layer", "groups"): AT_LEAST_1,
    ("layer", "output_size"): AT_LEAST_1,
    ("layer", "num_groups"): AT_LEAST_1,
    ("layer", "num_features"): AT_LEAST_1,
    ("layer", "num_channels"): AT_LEAST_1,
    ("layer", "normalized_shape"): AT_LEAST_1,
    ("layer", "num_parameters"): AT_LEAST_1,
    ("layer", "embedding_dim"): AT_LEAST_1,
    ("layer", "num_embeddings"): AT_LEAST_1,
    ("layer", "input_size"): AT_LEAST_1,
    ("layer", "hidden_size"): AT_LEAST_1,
    ("layer", "num_layers"): AT_LEAST_1,
    ("layer", "proj_size"): AT_LEAST_0,
    ("layer", "embed_dim"): AT_LEAST_1,
    ("layer", "kdim"): AT_LEAST_1,
    ("layer", "vdim"): AT_LEAST_1,
    ("layer", "num_heads"): AT_LEAST_1,
    ("layer", "d_model"): AT_LEAST_1,
    ("layer", "nhead"): AT_LEAST_1,
    ("layer", "dim_feedforward"): AT_LEAST_1,
    ("layer", "in1_features"): AT_LEAST_1,
    ("layer", "in2_features"): AT_LEAST_1,
    ("layer", "upscale_factor"): AT_LEAST_1,
    ("layer", "downscale_factor"): AT_LEAST_1,
    ("layer", "scale_factor"): Range(low=0, open_low=True),
    ("layer", "output_ratio"): INSIDE,
    ("layer", "divisor_override"): AT_LEAST_1,
    ("layer", "size"): AT_LEAST_1,
    ("layer", "p"): FRACTION,
    ("layer", "dropout"): FRACTION,
    ("layer", "norm_type"): Range(low=0, open_low=True),
    # A channel count in the place of `eps` is torch's own positional form, written by habit.
    ("layer", "eps"): BELOW_1,
    ("layer", "layer_norm_eps"): BELOW_1,
    ("optimizer", "lr"): AT_LEAST_0,
    ("optimizer", "eps"): AT_LEAST_0,
    ("optimizer", "weight_decay"): AT_LEAST_0,
    ("optimizer", "momentum"): AT_LEAST_0,
    ("optimizer", "alpha"): AT_LEAST_0,
    ("optimizer", "rho"): FRACTION,
    ("optimizer", "lr_decay"): AT_LEAST_0,
    ("optimizer", "initial_accumulator_value"): AT_LEAST_0,
    ("optimizer", "momentum_decay"): AT_LEAST_0,
    ("optimizer", "betas"): BELOW_1,
    ("optimizer", "beta2_decay"): Range(high=0),
    ("optimizer", "d"): AT_LEAST_1,
    ("optimizer", "ns_steps"): AT_LEAST_1,
    ("schedule", "step_size"): AT_LEAST_1,
    ("schedule", "total_iters"): AT_LEAST_1,
    ("schedule", "T_max"): AT_LEAST_1,
    ("schedule", "total_steps"): AT_LEAST_1,
    ("schedule", "T_0"): AT_LEAST_1,
    ("schedule", "T_mult"): AT_LEAST_1,
    ("schedule", "step_size_up"): AT_LEAST_1,
    ("schedule", "patience"): AT_LEAST_0,
    ("schedule", "pct_start"): FRACTION,
    ("metric", "k"): AT_LEAST_1,
    ("loss", "label_smoothing"): FRACTION,
    ("loss", "beta"): AT_LEAST_0,
    ("loss", "delta"): Range(low=0, open_low=True),
    ("loss", "eps"): AT_LEAST_0,
    ("loss", "blank"): AT_LEAST_0,
    ("function", "label_smoothing"): FRACTION,
    ("function", "dropout_p"): FRACTION,
    ("function", "chunks"): AT_LEAST_1,
    ("function", "eps"): AT_LEAST_0,
    ("function", "rtol"): AT_LEAST_0,
    ("function", "atol"): AT_LEAST_0,
    ("init", "std"): AT_LEAST_0,
    ("init", "groups"): AT_LEAST_1,
    ("init", "sparsity"): FRACTION,
    ("function", "kernel_size"): AT_LEAST_1,
    ("function", "stride"): AT_LEAST_1,
    ("function", "padding"): AT_LEAST_0,
    ("function", "output_padding"): AT_LEAST_0,
    ("function", "dilation"): AT_LEAST_1,
    ("function", "groups"): AT_LEAST_1,
    ("function", "num_groups"): AT_LEAST_1,
    ("function", "upscale_factor"): AT_LEAST_1,
    ("function", "downscale_factor"): AT_LEAST_1,
    ("function", "output_size"): AT_LEAST_1,
    ("function", "divisor_override"): AT_LEAST_1,
    ("function", "norm_type"): Range(low=0, open_low=True),
    ("function", "tau"): Range(low=0, open_low=True),
    ("function", "q"): FRACTION,
    ("function", "lambd"): AT_LEAST_0,
}

PADS = ("Zero", "Constant", "Reflection", "Replication", "Circular")

# Ranges of single entries, before those by kind.
RANGES_OF: Mapping[tuple[str, str], Range] = {
    # A border of less than nothing cuts off.
    **{(f"{family}Pad{n}d", "padding"): Range() for family in PADS for n in (1, 2, 3)},
    ("PairwiseDistance", "p"): Range(),
    **{(f"BatchNorm{n}d", "eps"): INSIDE for n in (1, 2, 3)},
    ("ConstantLR", "factor"): Range(low=0, high=1, open_low=True),
    ("PolynomialLR", "power"): AT_LEAST_0,
    ("OneCycleLR", "div_factor"): Range(low=0, open_low=True),
    ("OneCycleLR", "final_div_factor"): Range(low=0, open_low=True),
    ("SparseAdam", "lr"): Range(low=0, open_low=True),
    ("SparseAdam", "eps"): Range(low=0, open_low=True),
    ("LBFGS", "history_size"): AT_LEAST_1,
    ("LinearLR", "start_factor"): Range(low=0, high=1, open_low=True),
    ("LinearLR", "end_factor"): FRACTION,
    ("ReduceLROnPlateau", "factor"): Range(high=1, open_high=True),
    ("CELU", "alpha"): Range(low=0, open_low=True),
    ("Softshrink", "lambd"): AT_LEAST_0,
    ("MultiMarginLoss", "p"): Range(low=1, high=2),
    ("TripletMarginLoss", "margin"): Range(low=0, open_low=True),
    ("TripletMarginWithDistanceLoss", "margin"): Range(low=0, open_low=True),
    ("trunc_normal", "std"): Range(low=0, open_low=True),
    ("xavier_uniform", "gain"): AT_LEAST_0,
    ("xavier_normal", "gain"): AT_LEAST_0,
    ("smooth_l1_loss", "beta"): AT_LEAST_0,
    ("huber_loss", "delta"): Range(low=0, open_low=True),
    ("multi_margin_loss", "p"): Range(low=1, high=2),
    ("triplet_margin_loss", "margin"): Range(low=0, open_low=True),
    ("dropout", "p"): FRACTION,
    ("dropout1d", "p"): FRACTION,
    ("dropout2d", "p"): FRACTION,
    ("dropout3d", "p"): FRACTION,
    ("alpha_dropout", "p"): FRACTION,
    ("feature_alpha_dropout", "p"): FRACTION,
    ("cdist", "p"): AT_LEAST_0,
    ("pdist", "p"): AT_LEAST_0,
    ("local_response_norm", "size"): AT_LEAST_1,
    ("RandomCrop", "padding"): AT_LEAST_0,
    ("RandomHorizontalFlip", "p"): FRACTION,
    ("RandomVerticalFlip", "p"): FRACTION,
    ("RandomGrayscale", "p"): FRACTION,
    ("RandomInvert", "p"): FRACTION,
    ("RandomErasing", "p"): FRACTION,
    ("RobustScaler", "quantile_range"): Range(low=0, high=100),
    ("QuantileTransformer", "n_quantiles"): AT_LEAST_1,
    ("QuantileTransformer", "subsample"): AT_LEAST_1,
    ("PolynomialFeatures", "degree"): Range(low=0, high=20),
    ("SplineTransformer", "n_knots"): Range(low=2),
    ("SplineTransformer", "degree"): Range(low=0, high=20),
    ("PCA", "n_components"): AT_LEAST_1,
    # A slope that reaches no number is no activation; torch divides by it.
    ("celu", "alpha"): Range(low=0, open_low=True),
}

CHOICES: Mapping[str, tuple[str, ...]] = {
    "reduction": ("mean", "sum", "none"),
    "activation": ("relu", "gelu"),
    "padding_mode": ("zeros", "reflect", "replicate", "circular"),
    "nonlinearity": ("tanh", "relu"),
    "approximate": ("none", "tanh"),
    "padding": ("valid", "same"),
    "threshold_mode": ("rel", "abs"),
    "anneal_strategy": ("cos", "linear"),
    "scale_mode": ("cycle", "iterations"),
    "line_search_fn": ("strong_wolfe",),
    "adjust_lr_fn": ("original", "match_rms_adamw"),
}
# What `torch.nn.init.calculate_gain` knows.
GAINS = (
    *("linear", "conv1d", "conv2d", "conv3d"),
    *("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
    *("sigmoid", "tanh", "relu", "leaky_relu", "selu"),
)
CHOICES_OF: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("EMNIST", "split"): ("byclass", "bymerge", "balanced", "letters", "digits", "mnist"),
    ("kaiming_uniform", "mode"): ("fan_in", "fan_out"),
    ("kaiming_normal", "mode"): ("fan_in", "fan_out"),
    ("kaiming_uniform", "nonlinearity"): GAINS,
    ("kaiming_normal", "nonlinearity"): GAINS,
    ("ReduceLROnPlateau", "mode"): ("min", "max"),
    ("PowerTransformer", "method"): ("yeo-johnson", "box-cox"),
    ("QuantileTransformer", "output_distribution"): ("uniform", "normal"),
    ("Normalizer", "norm"): ("l1", "l2", "max"),
    ("SplineTransformer", "knots"): ("uniform", "quantile"),
    ("SplineTransformer", "extrapolation"): ("constant", "linear", "continue"),
    ("KLDivLoss", "reduction"): ("batchmean", "sum", "none"),
    ("Upsample", "mode"): (
        "nearest",
        "linear",
        "bilinear",
        "bicubic",
        "trilinear",
        "area",
        "nearest-exact",
    ),
    ("EmbeddingBag", "mode"): ("sum", "mean", "max"),
    ("kl_div", "reduction"): ("batchmean", "sum", "none"),
    ("CyclicLR", "mode"): ("triangular", "triangular2", "exp_range"),
    ("pad", "mode"): ("constant", "reflect", "replicate", "circular"),
    ("norm", "p"): ("fro", "nuc"),
    ("interpolate", "mode"): (
        "nearest",
        "nearest-exact",
        "linear",
        "bilinear",
        "bicubic",
        "trilinear",
        "area",
    ),
    ("grid_sample", "mode"): ("bilinear", "nearest", "bicubic"),
    ("grid_sample", "padding_mode"): ("zeros", "border", "reflection"),
    ("reduce", "reduction"): ("mean", "sum", "max", "min", "prod", "any", "all"),
    ("scatter_reduce", "reduce"): ("sum", "prod", "mean", "amax", "amin"),
    ("meshgrid", "indexing"): ("ij", "xy"),
    ("div", "rounding_mode"): ("floor", "trunc"),
    ("quantile", "interpolation"): ("linear", "lower", "higher", "nearest", "midpoint"),
    ("Pad", "padding_mode"): ("constant", "edge", "reflect", "symmetric"),
    ("RandomAffine", "interpolation"): ("nearest", "bilinear"),
    ("RandomRotation", "interpolation"): ("nearest", "bilinear"),
    ("ConvTranspose1d", "padding_mode"): ("zeros",),
    ("ConvTranspose2d", "padding_mode"): ("zeros",),
    ("ConvTranspose3d", "padding_mode"): ("zeros",),
}


def bounds(kind: str, entry: str, argument: str) -> Range | None:
    """The numbers an argument may be, where there are bounds."""
    return RANGES_OF.get((entry, argument)) or RANGES.get((kind, argument))


def outside(kind: str, entry: str, argument: str, value: Value) -> Range | None:
    """The range that a value is outside of, if it is."""
    found = bounds(kind, entry, argument)
    if found is None:
        return None
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        if isinstance(number, int | float) and not found.holds(number):
            return found
    return None


def choices(entry: str, argument: str) -> tuple[str, ...]:
    """The texts an argument may be; empty when any will do."""
    return CHOICES_OF.get((entry, argument)) or CHOICES.get(argument, ())
