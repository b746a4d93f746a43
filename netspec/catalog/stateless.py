"""Layers that are functions with a constructor: nothing is learned in them, and nothing counted.

In a chain they are modules like the others. In the `forward` of a class a person writes the
function, and so does the compiler where the text gives the layer no label.
"""

from __future__ import annotations

from collections.abc import Mapping

# The functions of torch's classes, by the classes' names. Dropout, and what else asks whether the
# model is trained, stays a module: `model.eval()` is what turns it off.
FUNCTION_OF: Mapping[str, str] = {
    "AdaptiveAvgPool1d": "adaptive_avg_pool1d",
    "AdaptiveAvgPool2d": "adaptive_avg_pool2d",
    "AdaptiveAvgPool3d": "adaptive_avg_pool3d",
    "AvgPool1d": "avg_pool1d",
    "AvgPool2d": "avg_pool2d",
    "AvgPool3d": "avg_pool3d",
    "CELU": "celu",
    "ELU": "elu",
    "Flatten": "flatten",
    "GELU": "gelu",
    "GLU": "glu",
    "Hardshrink": "hardshrink",
    "Hardsigmoid": "hardsigmoid",
    "Hardswish": "hardswish",
    "Hardtanh": "hardtanh",
    "LeakyReLU": "leaky_relu",
    "LogSigmoid": "logsigmoid",
    "LogSoftmax": "log_softmax",
    "MaxPool1d": "max_pool1d",
    "MaxPool2d": "max_pool2d",
    "MaxPool3d": "max_pool3d",
    "Mish": "mish",
    "PixelShuffle": "pixel_shuffle",
    "PixelUnshuffle": "pixel_unshuffle",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "SELU": "selu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "Softmax": "softmax",
    "Softmin": "softmin",
    "Softplus": "softplus",
    "Softshrink": "softshrink",
    "Softsign": "softsign",
    "Tanh": "tanh",
    "Tanhshrink": "tanhshrink",
    "Threshold": "threshold",
}


def function_of(target: str) -> str | None:
    """The function that the class with this dotted name is; None where it is more than one."""
    package, _, name = target.rpartition(".")
    return FUNCTION_OF.get(name) if package == "torch.nn" else None
