"""The functions of prelude/functional.net against torch.nn.functional."""

from __future__ import annotations

import pytest
from spoken import agree, agree_at_other_sizes, agree_by_name

R, N, U, P = "real[4, 6]", "int[4, 6]", "unit[4, 6]", "prob[4, 6]"
LINE, IMAGE, VOLUME = "real[2, 4, 9]", "real[2, 4, 9, 8]", "real[2, 4, 5, 6, 7]"
UNIT_IMAGE = "unit[2, 4, 9, 8]"

ACTIVATIONS = [
    "relu6",
    "elu",
    "selu",
    "celu",
    "leaky_relu",
    "logsigmoid",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "mish",
    "softshrink",
    "softsign",
    "tanhshrink",
]
KERNELS = ["2", "3", "3, stride=1", "3, 2, 1", "12", "[2]", "0", "3, padding=2"]

CASES = [
    *((f"{name}(x)", f"x: {kind}") for name in ACTIVATIONS for kind in (R, U, "real[]")),
    ("elu(x, alpha=0.5)", f"x: {R}"),
    ("celu(x, alpha=0.5)", f"x: {R}"),
    ("celu(x, alpha=0)", f"x: {R}"),
    ("leaky_relu(x, 0.2)", f"x: {R}"),
    ("hardtanh(x, 0.0, 1.0)", f"x: {R}"),
    ("hardtanh(x, 1.0, 0.0)", f"x: {R}"),
    ("softshrink(x, lambd=-1.0)", f"x: {R}"),
    ("threshold(x, 0.1, 20.0)", f"x: {R}"),
    ("prelu(x, w)", f"x: {R}; w: real[6]"),
    ("prelu(x, w)", f"x: {R}; w: real[1]"),
    ("prelu(x, w)", f"x: {R}; w: real[5]"),
    ("prelu(x, w)", f"x: {R}; w: real[6, 1]"),
    ("glu(x)", f"x: {R}"),
    ("glu(x, dim=0)", f"x: {R}"),
    ("glu(x)", "x: real[4, 5]"),
    ("glu(x, dim=2)", f"x: {R}"),
    ("softmin(x, dim=1)", f"x: {R}"),
    ("softmin(x, dim=2)", f"x: {R}"),
    ("gumbel_softmax(x)", f"x: {R}"),
    ("gumbel_softmax(x, tau=0.5, hard=true, dim=0)", f"x: {R}"),
    ("gumbel_softmax(x, dim=2)", f"x: {R}"),
    ("dropout(x, 0.3)", f"x: {R}"),
    ("dropout(x, p=1.5)", f"x: {R}"),
    ("dropout1d(x)", f"x: {LINE}"),
    ("dropout2d(x)", f"x: {IMAGE}"),
    ("dropout3d(x)", f"x: {VOLUME}"),
    ("alpha_dropout(x)", f"x: {R}"),
    ("feature_alpha_dropout(x)", f"x: {LINE}"),
    ("rrelu(x)", f"x: {R}"),
    ("rrelu(x, 0.5, 0.1)", f"x: {R}"),
    ("linear(x, w)", f"x: {R}; w: real[3, 6]"),
    ("linear(x, w, b)", f"x: {LINE}; w: real[3, 9]; b: real[3]"),
    ("linear(x, w, bias=b)", f"x: {R}; w: real[3, 6]; b: real[4]"),
    ("linear(x, w)", f"x: {R}; w: real[3, 5]"),
    ("linear(x, w)", f"x: {R}; w: real[6]"),
    ("linear(x, w)", f"x: {R}; w: int[3, 6]"),
    ("bilinear(x, y, w)", "x: real[4, 6]; y: real[4, 5]; w: real[3, 6, 5]"),
    ("bilinear(x, y, w, b)", "x: real[2, 4, 6]; y: real[2, 4, 5]; w: real[3, 6, 5]; b: real[3]"),
    ("bilinear(x, y, w)", "x: real[4, 6]; y: real[3, 5]; w: real[3, 6, 5]"),
    ("embedding(i, w)", "i: index(5)[4, 6]; w: real[7, 3]"),
    ("embedding(i, w)", f"i: {R}; w: real[7, 3]"),
    ("embedding(i, w)", "i: index(5)[4]; w: real[7]"),
    ("conv1d(x, w)", f"x: {LINE}; w: real[3, 4, 3]"),
    ("conv1d(x, w, b, stride=2, padding=1)", f"x: {LINE}; w: real[3, 4, 3]; b: real[3]"),
    ("conv2d(x, w)", f"x: {IMAGE}; w: real[3, 4, 3, 2]"),
    ("conv2d(x, w, groups=2, dilation=2)", f"x: {IMAGE}; w: real[6, 2, 3, 2]"),
    ('conv2d(x, w, padding="same")', f"x: {IMAGE}; w: real[6, 4, 3, 3]"),
    ('conv2d(x, w, stride=2, padding="same")', f"x: {IMAGE}; w: real[6, 4, 3, 3]"),
    ("conv2d(x, w)", f"x: {IMAGE}; w: real[6, 3, 3, 3]"),
    ("conv2d(x, w)", f"x: {IMAGE}; w: real[6, 4, 12, 3]"),
    ("conv2d(x, w, groups=3)", f"x: {IMAGE}; w: real[6, 2, 3, 3]"),
    ("conv2d(x, w, b)", f"x: {IMAGE}; w: real[6, 4, 3, 3]; b: real[5]"),
    ("conv2d(x, w)", f"x: {IMAGE}; w: real[6, 4, 3]"),
    ("conv3d(x, w)", f"x: {VOLUME}; w: real[3, 4, 1, 2, 3]"),
    ("conv_transpose1d(x, w, stride=2)", f"x: {LINE}; w: real[4, 3, 3]"),
    (
        "conv_transpose2d(x, w, b, stride=2, padding=1)",
        f"x: {IMAGE}; w: real[4, 3, 3, 3]; b: real[3]",
    ),
    ("conv_transpose2d(x, w, groups=2)", f"x: {IMAGE}; w: real[4, 3, 3, 3]"),
    ("conv_transpose2d(x, w, output_padding=2)", f"x: {IMAGE}; w: real[4, 3, 3, 3]"),
    ("conv_transpose2d(x, w)", f"x: {IMAGE}; w: real[3, 3, 3, 3]"),
    ("conv_transpose3d(x, w)", f"x: {VOLUME}; w: real[4, 3, 1, 2, 3]"),
    ("layer_norm(x, [6])", f"x: {R}"),
    ("layer_norm(x, [4, 6], w, b)", "x: real[2, 4, 6]; w: real[4, 6]; b: real[4, 6]"),
    ("layer_norm(x, [5])", f"x: {R}"),
    ("layer_norm(x, [6], w)", f"x: {R}; w: real[5]"),
    ("layer_norm(x, [2, 4, 6])", f"x: {R}"),
    ("rms_norm(x, [6])", f"x: {R}"),
    ("rms_norm(x, [6], w, eps=1e-6)", f"x: {R}; w: real[6]"),
    ("rms_norm(x, [5])", f"x: {R}"),
    ("group_norm(x, 2)", f"x: {IMAGE}"),
    ("group_norm(x, 2, w, b)", f"x: {IMAGE}; w: real[4]; b: real[4]"),
    ("group_norm(x, 3)", f"x: {IMAGE}"),
    ("group_norm(x, 2, w)", f"x: {IMAGE}; w: real[3]"),
    ("local_response_norm(x, 2)", f"x: {IMAGE}"),
    ("local_response_norm(x, 2)", f"x: {R}"),
    ("interpolate(x, scale_factor=2)", f"x: {IMAGE}"),
    ("interpolate(x, scale_factor=0.5)", f"x: {UNIT_IMAGE}"),
    ("interpolate(x, scale_factor=[1.5, 2.0])", f"x: {IMAGE}"),
    ("interpolate(x, scale_factor=0.3)", f"x: {IMAGE}"),
    ("interpolate(x, scale_factor=0.01)", f"x: {IMAGE}"),
    ("interpolate(x, size=5)", f"x: {LINE}"),
    ("interpolate(x, [5, 6])", f"x: {IMAGE}"),
    ("interpolate(x, [5, 6, 7])", f"x: {IMAGE}"),
    ("interpolate(x, 0)", f"x: {IMAGE}"),
    ("interpolate(x)", f"x: {IMAGE}"),
    ("interpolate(x, 5, 2.0)", f"x: {IMAGE}"),
    ("interpolate(x, 5)", f"x: {R}"),
    *(
        (f'interpolate(x, scale_factor=2, mode="{mode}")', f"x: {of}")
        for mode in [
            "nearest",
            "nearest-exact",
            "linear",
            "bilinear",
            "bicubic",
            "trilinear",
            "area",
            "cubic",
        ]
        for of in (LINE, UNIT_IMAGE, VOLUME)
    ),
    ('interpolate(x, 5, mode="bilinear", align_corners=true)', f"x: {IMAGE}"),
    ('interpolate(x, 5, mode="nearest", align_corners=true)', f"x: {IMAGE}"),
    ('interpolate(x, 5, mode="bilinear", antialias=true)', f"x: {IMAGE}"),
    ('interpolate(x, 5, mode="nearest", antialias=true)', f"x: {IMAGE}"),
    ("grid_sample(x, g)", f"x: {IMAGE}; g: real[2, 3, 5, 2]"),
    ('grid_sample(x, g, mode="bicubic", align_corners=true)', f"x: {IMAGE}; g: real[2, 3, 5, 2]"),
    ("grid_sample(x, g)", f"x: {VOLUME}; g: real[2, 3, 5, 6, 3]"),
    ('grid_sample(x, g, "nearest", "border")', f"x: {UNIT_IMAGE}; g: real[2, 3, 5, 2]"),
    ("grid_sample(x, g)", f"x: {IMAGE}; g: real[3, 3, 5, 2]"),
    ("grid_sample(x, g)", f"x: {IMAGE}; g: real[2, 3, 5, 3]"),
    ('grid_sample(x, g, mode="bicubic")', f"x: {VOLUME}; g: real[2, 3, 5, 6, 3]"),
    ("affine_grid(x, [2, 3, 5, 6])", "x: real[2, 2, 3]"),
    ("affine_grid(x, [2, 3, 5, 6, 7], align_corners=true)", "x: real[2, 3, 4]"),
    ("affine_grid(x, [2, 3, 5, 6])", "x: real[2, 3, 4]"),
    ("affine_grid(x, [2, 3, 5])", "x: real[2, 2, 3]"),
    ("pixel_shuffle(x, 2)", f"x: {UNIT_IMAGE}"),
    ("pixel_shuffle(x, 3)", f"x: {IMAGE}"),
    ("pixel_shuffle(x, 2)", f"x: {R}"),
    ("pixel_shuffle(x, 0)", f"x: {IMAGE}"),
    ("pixel_unshuffle(x, 2)", f"x: {IMAGE}"),
    ("pixel_unshuffle(x, 2)", "x: real[2, 4, 8, 6]"),
    ("channel_shuffle(x, 2)", f"x: {IMAGE}"),
    ("channel_shuffle(x, 3)", f"x: {IMAGE}"),
    ("unfold(x, 2)", f"x: {IMAGE}"),
    ("unfold(x, [2, 3], dilation=2, padding=1, stride=2)", f"x: {IMAGE}"),
    ("unfold(x, 10)", f"x: {IMAGE}"),
    ("unfold(x, 0)", f"x: {IMAGE}"),
    ("unfold(x, 2)", f"x: {LINE}"),
    ("fold(x, [4, 5], 2)", "x: real[2, 12, 12]"),
    ("fold(x, 4, [2, 2], stride=2)", "x: real[2, 12, 4]"),
    ("fold(x, [4, 5], 2)", "x: real[2, 12, 11]"),
    ("fold(x, [4, 5], 2)", "x: real[2, 10, 12]"),
    *(
        (f"{name}_pool1d(x, {kernel})", f"x: {LINE}")
        for name in ("max", "avg")
        for kernel in KERNELS
    ),
    *(
        (f"{name}_pool2d(x, {kernel}, ceil_mode=true)", f"x: {UNIT_IMAGE}")
        for name in ("max", "avg")
        for kernel in [*KERNELS, "[2, 3]"]
    ),
    *((f"{name}_pool3d(x, 2)", f"x: {VOLUME}") for name in ("max", "avg")),
    ("max_pool2d(x, 2)", f"x: {LINE}; y: {LINE}"),
    ("avg_pool2d(x, 2, divisor_override=3)", f"x: {IMAGE}"),
    ("lp_pool1d(x, 2.0, 3)", f"x: {LINE}"),
    ("lp_pool2d(x, 2.0, [3, 2], stride=1)", f"x: {IMAGE}"),
    ("lp_pool3d(x, 2.0, 2)", f"x: {VOLUME}"),
    *(
        (f"adaptive_{name}_pool{n}d(x, 3)", f"x: {of}")
        for name in ("max", "avg")
        for n, of in ((1, LINE), (2, UNIT_IMAGE), (3, VOLUME))
    ),
    ("adaptive_avg_pool2d(x, [none, 3])", f"x: {IMAGE}"),
    ("adaptive_avg_pool2d(x, 0)", f"x: {IMAGE}"),
]


@pytest.mark.parametrize(("call", "given"), CASES)
def test_netspec_and_torch_agree(call: str, given: str) -> None:
    agree(call, given)


@pytest.mark.parametrize(("call", "given"), CASES)
def test_they_agree_at_other_sizes(call: str, given: str) -> None:
    agree_at_other_sizes(call, given)


@pytest.mark.parametrize(("call", "given"), CASES)
def test_they_agree_by_the_names_of_arguments(call: str, given: str) -> None:
    agree_by_name(call, given)
