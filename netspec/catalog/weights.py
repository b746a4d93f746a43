"""Weights and buffers of each layer: names and shapes in `state_dict` order.

After the `__init__` of each class of torch.nn; the conformance tests hold them against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netspec.catalog.call import Arguments, as_int

Weight = tuple[str, tuple[int, ...], bool]


def _linear(a: Arguments) -> Iterator[Weight]:
    outside = as_int(a["out_features"])
    yield "weight", (outside, as_int(a["in_features"])), True
    if a["bias"]:
        yield "bias", (outside,), True


def _kernel(a: Arguments, spatial: int) -> tuple[int, ...]:
    kernel = a["kernel_size"]
    if isinstance(kernel, tuple):
        return tuple(as_int(size) for size in kernel)
    return (as_int(kernel),) * spatial


def _convolution(spatial: int) -> Callable[[Arguments], Iterator[Weight]]:
    def weights(a: Arguments) -> Iterator[Weight]:
        inside, outside = as_int(a["in_channels"]), as_int(a["out_channels"])
        shape = (outside, inside // as_int(a["groups"]), *_kernel(a, spatial))
        yield "weight", shape, True
        if a["bias"]:
            yield "bias", (outside,), True

    return weights


def _transposed(spatial: int) -> Callable[[Arguments], Iterator[Weight]]:
    def weights(a: Arguments) -> Iterator[Weight]:
        inside, outside = as_int(a["in_channels"]), as_int(a["out_channels"])
        shape = (inside, outside // as_int(a["groups"]), *_kernel(a, spatial))
        yield "weight", shape, True
        if a["bias"]:
            yield "bias", (outside,), True

    return weights


def _batch_norm(a: Arguments) -> Iterator[Weight]:
    shape = (as_int(a["num_features"]),)
    if a["affine"]:
        yield "weight", shape, True
        if a["bias"]:
            yield "bias", shape, True
    if a["track_running_stats"]:
        yield "running_mean", shape, False
        yield "running_var", shape, False
        yield "num_batches_tracked", (), False


def _layer_norm(a: Arguments) -> Iterator[Weight]:
    sizes = a["normalized_shape"]
    shape = tuple(as_int(s) for s in sizes) if isinstance(sizes, tuple) else (as_int(sizes),)
    if a["elementwise_affine"]:
        yield "weight", shape, True
        if a.get("bias", False):  # `RMSNorm` has none
            yield "bias", shape, True


def _group_norm(a: Arguments) -> Iterator[Weight]:
    shape = (as_int(a["num_channels"]),)
    if a["affine"]:
        yield "weight", shape, True
        if a["bias"]:
            yield "bias", shape, True


def _embedding(a: Arguments) -> Iterator[Weight]:
    yield "weight", (as_int(a["num_embeddings"]), as_int(a["embedding_dim"])), True


def _prelu(a: Arguments) -> Iterator[Weight]:
    yield "weight", (as_int(a["num_parameters"]),), True


def _recurrent(gates: int) -> Callable[[Arguments], Iterator[Weight]]:
    def weights(a: Arguments) -> Iterator[Weight]:
        hidden = as_int(a["hidden_size"])
        projected = as_int(a.get("proj_size", 0))
        out = projected or hidden
        directions = ("", "_reverse") if a["bidirectional"] else ("",)
        for layer in range(as_int(a["num_layers"])):
            inside = as_int(a["input_size"]) if layer == 0 else out * len(directions)
            for direction in directions:
                suffix = f"_l{layer}{direction}"
                yield f"weight_ih{suffix}", (gates * hidden, inside), True
                yield f"weight_hh{suffix}", (gates * hidden, out), True
                if a["bias"]:
                    yield f"bias_ih{suffix}", (gates * hidden,), True
                    yield f"bias_hh{suffix}", (gates * hidden,), True
                if projected:
                    yield f"weight_hr{suffix}", (projected, hidden), True

    return weights


def _attention(a: Arguments) -> Iterator[Weight]:
    width = as_int(a["embed_dim"])
    if as_int(a["kdim"]) == width == as_int(a["vdim"]):
        yield "in_proj_weight", (3 * width, width), True
    else:
        yield "q_proj_weight", (width, width), True
        yield "k_proj_weight", (width, as_int(a["kdim"])), True
        yield "v_proj_weight", (width, as_int(a["vdim"])), True
    if a["bias"]:
        yield "in_proj_bias", (3 * width,), True
    if a["add_bias_kv"]:
        yield "bias_k", (1, 1, width), True
        yield "bias_v", (1, 1, width), True
    yield "out_proj.weight", (width, width), True
    if a["bias"]:
        yield "out_proj.bias", (width,), True


def _bilinear(a: Arguments) -> Iterator[Weight]:
    outside = as_int(a["out_features"])
    yield "weight", (outside, as_int(a["in1_features"]), as_int(a["in2_features"])), True
    if a["bias"]:
        yield "bias", (outside,), True


def _cell(gates: int) -> Callable[[Arguments], Iterator[Weight]]:
    def weights(a: Arguments) -> Iterator[Weight]:
        hidden = as_int(a["hidden_size"])
        yield "weight_ih", (gates * hidden, as_int(a["input_size"])), True
        yield "weight_hh", (gates * hidden, hidden), True
        if a["bias"]:
            yield "bias_ih", (gates * hidden,), True
            yield "bias_hh", (gates * hidden,), True

    return weights


def _transformer(*attentions: str) -> Callable[[Arguments], Iterator[Weight]]:
    """An attention for each name, two linear layers, and a norm after each of these parts."""

    def weights(a: Arguments) -> Iterator[Weight]:
        width, inner = as_int(a["d_model"]), as_int(a["dim_feedforward"])
        shapes: dict[str, tuple[int, ...]] = {}
        for name in attentions:
            shapes[f"{name}.in_proj_"] = (3 * width, width)
            shapes[f"{name}.out_proj."] = (width, width)
        shapes["linear1."], shapes["linear2."] = (inner, width), (width, inner)
        for number in range(1, len(attentions) + 2):
            shapes[f"norm{number}."] = (width,)
        for name, shape in shapes.items():
            yield f"{name}weight", shape, True
            if a["bias"]:
                yield f"{name}bias", shape[:1], True

    return weights


WEIGHTS: dict[str, Callable[[Arguments], Iterator[Weight]]] = {
    "Linear": _linear,
    "Conv1d": _convolution(1),
    "Conv2d": _convolution(2),
    "Conv3d": _convolution(3),
    "ConvTranspose1d": _transposed(1),
    "ConvTranspose2d": _transposed(2),
    "ConvTranspose3d": _transposed(3),
    "BatchNorm1d": _batch_norm,
    "BatchNorm2d": _batch_norm,
    "BatchNorm3d": _batch_norm,
    "LayerNorm": _layer_norm,
    "GroupNorm": _group_norm,
    "InstanceNorm1d": _batch_norm,
    "InstanceNorm2d": _batch_norm,
    "InstanceNorm3d": _batch_norm,
    "RMSNorm": _layer_norm,
    "Embedding": _embedding,
    "EmbeddingBag": _embedding,
    "Bilinear": _bilinear,
    "PReLU": _prelu,
    "RNN": _recurrent(1),
    "LSTM": _recurrent(4),
    "GRU": _recurrent(3),
    "RNNCell": _cell(1),
    "LSTMCell": _cell(4),
    "GRUCell": _cell(3),
    "MultiheadAttention": _attention,
    "TransformerEncoderLayer": _transformer("self_attn"),
    "TransformerDecoderLayer": _transformer("self_attn", "multihead_attn"),
}


def weights(name: str, arguments: Arguments) -> tuple[Weight, ...]:
    """The weights and buffers of a layer with all its arguments known."""
    made = WEIGHTS.get(name)
    return tuple(made(arguments)) if made is not None else ()
