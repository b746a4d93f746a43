"""What of torch the catalogue leaves out, and where it differs: every line with its reason.

The conformance tests read this page: a class of torch is declared or named here.
"""

from __future__ import annotations

OPTIMIZERS = {
    "Optimizer": "is the class the others are made from",
}

SCHEDULES = {
    "LRScheduler": "is the class the others are made from",
    "LambdaLR": "takes a Python function",
    "MultiplicativeLR": "takes a Python function",
}

# What torchvision has beside those that the prelude declares.
CHOOSES = "chooses among other transforms: write those you want"
SEVERAL = "gives several images of one: a row holds one"
IMAGE_TRANSFORMS = {
    "AugMix": CHOOSES,
    "AutoAugment": CHOOSES,
    "Compose": "is what `->` says: `x -> RandomCrop(28) -> RandomHorizontalFlip`",
    "ConvertImageDtype": "is not needed: images are numbers within 0 to 1",
    "ElasticTransform": "bends images by a field of noise: `RandomAffine` turns and shears them",
    "FiveCrop": SEVERAL,
    "Lambda": "takes a Python function: a transform of your own is `extern transform`",
    "LinearTransformation": "takes a matrix of all pixels: `flatten -> PCA(whiten=true)` fits one",
    "PILToTensor": "is not needed: images are numbers within 0 to 1",
    "RandAugment": CHOOSES,
    "RandomAdjustSharpness": "sharpens or blurs: `GaussianBlur` blurs",
    "RandomApply": "gives a chance to others: those here have chances of their own, `p`",
    "RandomAutocontrast": "hangs on an image's extremes: `ColorJitter` changes contrast",
    "RandomChoice": CHOOSES,
    "RandomEqualize": "works on bytes: `ColorJitter(contrast=0.5)` changes contrast",
    "RandomOrder": "gives others an order of chance: `ColorJitter` has one",
    "RandomPerspective": "moves the corners: `RandomAffine` turns, moves and shears",
    "RandomPosterize": "works on bytes: `ColorJitter` changes colours",
    "RandomSolarize": "inverts what is bright: `RandomInvert` inverts all",
    "TenCrop": SEVERAL,
    "ToPILImage": "is not needed: images are numbers within 0 to 1",
    "ToTensor": "is not needed: images are numbers within 0 to 1",
    "TrivialAugmentWide": CHOOSES,
}

TRANSFORMS = {
    "FunctionTransformer": "takes a Python function: the functions of data say it, `x -> log1p`",
    "KBinsDiscretizer": "keeps as many bins as the rows fill, which no `check` can tell",
    "KernelCenterer": "takes a square matrix of all rows with all rows",
    "LabelBinarizer": "is `OneHotEncoder`, which does the same for one column and for several",
    "LabelEncoder": "is `OrdinalEncoder`, which does the same for one column and for several",
    "MultiLabelBinarizer": "takes a list of labels in each row, and columns hold one",
    "TargetEncoder": "learns from the target too, by folds: an `Embedding` learns it in the model",
    "add_dummy_feature": "is a bias, which `Linear` has",
    "binarize": "is the function of `Binarizer`",
    "label_binarize": "is the function of `LabelBinarizer`: `OneHotEncoder` does it",
    "maxabs_scale": "fits on what it scales: `MaxAbsScaler` fits on the training rows",
    "minmax_scale": "fits on what it scales: `MinMaxScaler` fits on the training rows",
    "normalize": "is the function of `Normalizer`",
    "power_transform": "fits on what it scales: `PowerTransformer` fits on the training rows",
    "quantile_transform": "fits on what it scales: `QuantileTransformer` fits on the training rows",
    "robust_scale": "fits on what it scales: `RobustScaler` fits on the training rows",
    "scale": "fits on what it scales: `StandardScaler` fits on the training rows",
}

LAYERS = {
    "Module": "is the class the others are made from: a `block` is one",
    "Container": "is an old name of `Module`: a `block` is one",
    "Sequential": "is what a chain is: `Linear(8) -> ReLU`, with a label before `(` or `{`",
    "ModuleList": "is what a labelled `repeat` or `for` makes: `layers: repeat 4 { ... }`",
    "ModuleDict": "is what labels make: each labelled layer is a part of its body",
    "ParameterList": "is what indexed names make of parameters",
    "ParameterDict": "is what labels make: each labelled parameter is a part of its body",
    "Parameter": "is no layer but a word of the language",
    "Buffer": "is no layer but a word of the language",
    "UninitializedParameter": "is for sizes found at the first call: sizes are found by `check`",
    "UninitializedBuffer": "is for sizes found at the first call: sizes are found by `check`",
    **{
        f"Lazy{name}": f"is for sizes found at the first call: `{name}` finds them at `check`"
        for name in (
            "Linear",
            *(
                f"{family}{n}d"
                for family in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm")
                for n in (1, 2, 3)
            ),
        )
    },
    "CrossMapLRN2d": "is an old form of `LocalResponseNorm`",
    "DataParallel": "is how a run spreads over devices, which is no part of a model",
    "SyncBatchNorm": "is how a run over several processes computes a `BatchNorm2d`",
    **{
        f"MaxUnpool{n}d": "wants the places that a pool took its values from, and pools give "
        f"values only: `Upsample` or `ConvTranspose{n}d` grow an image too"
        for n in (1, 2, 3)
    },
    "RNNBase": "is the class that `RNN`, `LSTM` and `GRU` are made from",
    "RNNCellBase": "is the class that the recurrent cells are made from",
    "TransformerEncoder": "copies a layer: `layers: repeat 6 { TransformerEncoderLayer(8) }` makes "
    "the same weights, each with numbers of its own",
    "TransformerDecoder": "copies a layer: a `repeat` with a `TransformerDecoderLayer` makes the "
    "same weights, each with numbers of its own",
    "Transformer": "is an encoder and a decoder: a `repeat` of `TransformerEncoderLayer` and one "
    "of `TransformerDecoderLayer` make the same weights",
    "LinearCrossEntropyOptions": "holds settings of `LinearCrossEntropyLoss`, which is left out",
}

LOSSES = {
    "AdaptiveLogSoftmaxWithLoss": "wants the class while the model runs, when there is none yet "
    "to predict with",
    "LinearCrossEntropyLoss": "holds weights: end the model with `Linear` and use "
    "`CrossEntropyLoss`",
    "NLLLoss2d": "is an old name of `NLLLoss`",
}

INITS = {
    "calculate_gain": "fills no tensor: `kaiming_uniform` and `kaiming_normal` call it",
}

# Arguments that no declaration has, by name.
ARGUMENTS = {
    "device": "where the model lives is the run's affair: `device` in `train`, or `--device`",
    "dtype": "the number format is the run's affair",
    "inplace": "changing a value that another line may still use is never safe, and saves little",
    "return_indices": "nothing in the catalogue takes the indices",
    "size_average": "torch has replaced it by `reduction`",
    "reduce": "torch has replaced it by `reduction`",
    "weight": "a tensor cannot be written as an argument",
    "pos_weight": "a tensor cannot be written as an argument",
    "_weight": "a tensor cannot be written as an argument",
    "_freeze": "`freeze` says it",
    "foreach": "how the step is computed is the run's affair",
    "fused": "how the step is computed is the run's affair",
    "capturable": "how the step is computed is the run's affair",
    "differentiable": "gradients of the step itself are never taken",
    "last_epoch": "a run that goes on knows where it was",
    "optimizer": "there is one",
    "params": "the model's are taken",
    "scale_fn": "takes a Python function",
    "distance_function": "takes a Python function",
    "_random_samples": "for torch's own tests",
    "include_last_offset": "every row is a bag: there are no offsets",
    "epochs": "the length of the run tells",
    "steps_per_epoch": "the length of the run tells",
    "min_value": "torch has replaced it by `min_val`",
    "max_value": "torch has replaced it by `max_val`",
    "_stacklevel": "for torch's own warnings",
    "out": "there is nothing to write into",
    "generator": "the run's seed rules",
    "requires_grad": "the graph tells",
    "layout": "the run's affair",
    "pin_memory": "the run's affair",
    "memory_format": "the run's affair",
    "unbiased": "torch has replaced it by `correction`",
    "training": "the run tells whether the model is trained",
    "stable": "equal values have no order that a spec should count on",
}

# Where a declaration differs from torch on purpose: (entry, argument) -> why.
DIFFERENCES = {
    ("Softmax", "dim"): "torch guesses the dimension when it is not given, and warns",
    ("Softmin", "dim"): "torch guesses the dimension when it is not given, and warns",
    ("LogSoftmax", "dim"): "torch guesses the dimension when it is not given, and warns",
    ("softmin", "dim"): "torch guesses the dimension when it is not given, and warns",
    ("cross", "dim"): "torch guesses the dimension when it is not given, and warns",
    ("kl_div", "reduction"): "as for `KLDivLoss`",
    ("softmax", "dim"): "torch guesses the dimension when it is not given, and warns",
    ("log_softmax", "dim"): "torch guesses the dimension when it is not given, and warns",
    (
        "KLDivLoss",
        "reduction",
    ): "torch's mean is no divergence, warns, and is about to change: `batchmean` is one",
    ("PolynomialLR", "total_iters"): "the length of the run tells, as for `T_max`",
    ("PolynomialLR", "power"): "by keyword only, so that `PolynomialLR(100)` is noticed",
    (
        "CosineAnnealingLR",
        "eta_min",
    ): "by keyword only, so that `CosineAnnealingLR(100)` is noticed",
    ("TransformerEncoderLayer", "activation"): "by its name; torch takes the function too",
    ("TransformerDecoderLayer", "activation"): "by its name; torch takes the function too",
    ("Embedding", "padding_idx"): "by keyword only, so that `Embedding(1000, 64)` is noticed",
    ("LSTM", "num_layers"): "by keyword only, so that `LSTM(10, 20)` is noticed",
    ("GRU", "num_layers"): "by keyword only, so that `GRU(10, 20)` is noticed",
    ("RNN", "num_layers"): "by keyword only, so that `RNN(10, 20)` is noticed",
}
