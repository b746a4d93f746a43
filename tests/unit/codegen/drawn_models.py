"""Models drawn by hand, one for each thing that the code generator does."""

from __future__ import annotations

from collections.abc import Callable

from drawing import SPAN, Drawing, chain, conv2d, dim, layer, linear, model, norm2d, relu

from netspec.program.graph import (
    EllipsisOperand,
    Graph,
    Layer,
    Model,
    Requirement,
    Sequence,
    SliceOperand,
)

Stage = tuple[Layer | Graph, str]

EVERYTHING = SliceOperand(None, None, None)


def two_moons() -> Model:
    """A chain."""
    norm = layer("BatchNorm1d", {"eps": 1e-5, "momentum": 0.1, "num_features": 20})
    stages: list[Stage] = [(linear(2, 20), "B 20"), (relu(), "B 20"), (norm, "B 20")]
    last: list[Stage] = [(linear(20, 1), "B 1"), (layer("Sigmoid"), "B 1")]
    return model(chain(*stages, *last, given="B 2"))


def basic_block(inputs: int, planes: int, stride: int, size: int) -> Graph:
    """ResNet's block, whose shortcut is projected where the shapes differ."""
    small = size // stride
    wide, narrow = f"B {inputs} {size} {size}", f"B {planes} {small} {small}"
    drawing = Drawing("BasicBlock", {"planes": planes, "stride": stride})
    x = drawing.input(wide)
    first = conv2d(inputs, planes, 3, stride=stride, padding=1, bias=False)
    y = drawing.stage("conv1", first, x, narrow)
    y = drawing.stage("bn1", norm2d(planes), y, narrow)
    y = drawing.stage("relu", relu(), y, narrow)
    y = drawing.stage("conv2", conv2d(planes, planes, 3, padding=1, bias=False), y, narrow)
    y = drawing.stage("bn2", norm2d(planes), y, narrow, name="y")
    if stride != 1 or inputs != planes:
        projection = conv2d(inputs, planes, 1, stride=stride, bias=False)
        shortcut = chain((projection, narrow), (norm2d(planes), narrow), given=wide)
        x = drawing.stage("downsample", shortcut, x, narrow, name="x")
    z = drawing.compute("+", y, x, shape=narrow)
    return drawing.done(drawing.run("relu", z, shape=narrow))


def resnet() -> Model:
    """Blocks that differ in sizes and in one optional part; an instance that runs twice."""
    drawing = Drawing("ResNet10")
    x = drawing.input("B 3 32 32")
    x = drawing.stage("conv1", conv2d(3, 16, 3, padding=1, bias=False), x, "B 16 32 32")
    x = drawing.stage("bn1", norm2d(16), x, "B 16 32 32")
    x = drawing.stage("relu", relu(), x, "B 16 32 32")
    inputs, size = 16, 32
    for number, (planes, stride) in enumerate([(16, 1), (32, 2), (64, 2)], 1):
        small = size // stride
        shape = f"B {planes} {small} {small}"
        blocks = [basic_block(inputs, planes, stride, size), basic_block(planes, planes, 1, small)]
        given = f"B {inputs} {size} {size}"
        stages = chain(*((block, shape) for block in blocks), given=given)
        x = drawing.stage(f"layer{number}", stages, x, shape)
        inputs, size = planes, small
    x = drawing.stage("avgpool", layer("AdaptiveAvgPool2d", {"output_size": 1}), x, "B 64 1 1")
    x = drawing.compute("flatten", x, 1, shape="B 64")
    return model(drawing.done(drawing.stage("fc", linear(64, 10), x, "B 10")))


def autoencoder() -> Model:
    """Several outputs, random numbers, named containers."""
    drawing = Drawing("VAE")
    x = drawing.input("B 784")
    inner = chain((linear(784, 400), "B 400"), (relu(), "B 400"), given="B 784")
    h = drawing.stage("encoder", inner, x, "B 400", name="h")
    mu = drawing.stage("mu", linear(400, 20), h, "B 20", name="mu")
    logvar = drawing.stage("logvar", linear(400, 20), h, "B 20", name="logvar")
    half = drawing.compute("*", 0.5, logvar, shape="B 20")
    deviation = drawing.compute("exp", half, shape="B 20")
    noise = drawing.compute("randn_like", mu, shape="B 20")
    noise = drawing.compute("*", deviation, noise, shape="B 20")
    z = drawing.compute("+", mu, noise, shape="B 20", name="z")
    outer = [(linear(20, 400), "B 400"), (relu(), "B 400"), (linear(400, 784), "B 784")]
    decoder = chain(*outer, (layer("Sigmoid"), "B 784"), given="B 20")
    x_hat = drawing.stage("decoder", decoder, z, "B 784", name="x_hat")
    return model(drawing.done(x_hat, mu, logvar))


def tagger() -> Model:
    """Sizes known at run time, new tensors, results in groups, subscripts."""
    drawing = Drawing("Tagger")
    x = drawing.input("B T 8", "words")
    lstm = layer("LSTM", {"hidden_size": 16, "input_size": 8, "batch_first": True})
    states = [
        drawing.compute("zeros", 1, dim("B"), 16, shape="1 B 16", name=name) for name in ("h", "c")
    ]
    drawing.add("lstm", lstm)
    shapes = {"out": "B T 16", "h": "1 B 16", "c": "1 B 16"}
    out, h, _ = drawing.run_several("lstm", x, *states, shapes=shapes)
    last = drawing.compute("getitem", out, EVERYTHING, -1, shape="B 16")
    half = SliceOperand(dim("T/2"), None, None)
    later = drawing.compute("getitem", out, EVERYTHING, half, EllipsisOperand(), shape="B T 16")
    later = drawing.compute("mean", later, shape="B 16", dim=1)
    state = drawing.compute("getitem", h, 0, shape="B 16")
    joined = drawing.compute("cat", last, later, state, shape="B 48", dim=1)
    return model(drawing.done(drawing.stage("head", linear(48, 5), joined, "B 5")))


def attention(width: int, heads: int) -> Graph:
    """Self-attention with its reshapes."""
    drawing = Drawing("Attention", {"heads": heads})
    size = width // heads
    x = drawing.input(f"B T {width}")
    flat, headed = f"B T {width}", f"B {heads} T {size}"
    packed = drawing.stage("qkv", linear(width, 3 * width), x, f"B T {3 * width}")
    sizes = Sequence((dim("B"), dim("T"), 3, heads, size))
    packed = drawing.compute("reshape", packed, sizes, shape=f"B T 3 {heads} {size}")
    order = Sequence((2, 0, 3, 1, 4))
    packed = drawing.compute("permute", packed, order, shape=f"3 {headed}", name="qkv")
    q, k, v = (
        drawing.compute("getitem", packed, at, shape=headed, name=name)
        for at, name in enumerate("qkv")
    )
    turned = drawing.compute("transpose", k, -2, -1, shape=f"B {heads} {size} T")
    scores = drawing.compute("@", q, turned, shape=f"B {heads} T T")
    scores = drawing.compute("/", scores, size**0.5, shape=f"B {heads} T T")
    shares = drawing.compute("softmax", scores, shape=f"B {heads} T T", dim=-1)
    mixed = drawing.compute("@", shares, v, shape=headed)
    mixed = drawing.compute("transpose", mixed, 1, 2, shape=f"B T {heads} {size}")
    mixed = drawing.compute("reshape", mixed, dim("B"), dim("T"), width, shape=flat)
    return drawing.done(drawing.stage("proj", linear(width, width), mixed, flat))


def transformer_layer(width: int, heads: int) -> Graph:
    """What a labelled loop of a transformer repeats."""
    flat, wide = f"B T {width}", f"B T {4 * width}"
    drawing = Drawing()
    x = drawing.input(flat)
    norm = layer("LayerNorm", {"normalized_shape": (width,), "eps": 1e-5}, {"weight": (width,)})
    y = drawing.stage("ln_1", norm, x, flat)
    y = drawing.stage("attn", attention(width, heads), y, flat)
    x = drawing.compute("+", x, y, shape=flat, name="x")
    y = drawing.stage("ln_2", norm, x, flat)
    gelu = layer("GELU", {"approximate": "tanh"})
    inner = [(linear(width, 4 * width), wide), (gelu, wide), (linear(4 * width, width), flat)]
    y = drawing.stage("mlp", chain(*inner, given=flat), y, flat)
    return drawing.done(drawing.compute("+", x, y, shape=flat, name="x"))


def transformer() -> Model:
    """Loops of blocks, an argument that `forward` needs, multiples of arguments."""
    drawing = Drawing("Transformer")
    x = drawing.input("B T 32")
    early = [(transformer_layer(32, 2), "B T 32")] * 2
    x = drawing.stage("early", chain(*early, given="B T 32"), x, "B T 32")
    x = drawing.stage("widen", linear(32, 64), x, "B T 64")
    late = [(transformer_layer(64, 8), "B T 64")] * 2
    return model(drawing.done(drawing.stage("late", chain(*late, given="B T 64"), x, "B T 64")))


def residual(width: int, activation: str) -> Graph:
    """A block that takes its activation as an argument."""
    drawing = Drawing("Residual", {"width": width})
    x = drawing.input(f"B {width}")
    y = drawing.stage("linear_0", linear(width, width), x, f"B {width}")
    y = drawing.stage("act_0", layer(activation), y, f"B {width}")
    y = drawing.stage("linear_1", linear(width, width), y, f"B {width}")
    return drawing.done(drawing.compute("+", x, y, shape=f"B {width}"))


def variants() -> Model:
    """One block with two structures."""
    stages: list[Stage] = [
        (linear(4, 8), "B 8"),
        (residual(8, "ReLU"), "B 8"),
        (residual(8, "GELU"), "B 8"),
    ]
    more: list[Stage] = [(linear(8, 16), "B 16"), (residual(16, "ReLU"), "B 16")]
    return model(chain(*stages, *more, given="B 4"))


def awkward_names() -> Model:
    """Names that Python keeps for itself, and keys that are no attributes."""
    drawing = Drawing("nn")
    x, y = drawing.input("B 4", "lambda"), drawing.input("B 4", "self")
    a = drawing.stage("lambda", linear(4, 4), x, "B 4", name="skip[0]")
    b = drawing.stage("0", linear(4, 4), y, "B 4", name="torch")
    both = drawing.compute("cat", a, b, shape="B 8", dim=1, name="sum")
    drawing.add("F", linear(4, 2))
    c = drawing.run("F", a, shape="B 2", name="class")
    d = drawing.run("F", b, shape="B 2", name="print")
    return model(drawing.done(both, c, d))


def requiring() -> Model:
    """A chain that some sizes do not suit."""
    height = dim("H")
    sixteenth = Requirement(
        left=height, right=height // 16 * 16, relation="==", span=SPAN, text="H % 16 == 0"
    )
    least = Requirement(left=height, right=dim("7"), relation=">=", span=SPAN, text="H >= 7")
    most = Requirement(
        left=dim("640"), right=dim("W") * 2 + 1, relation=">=", span=SPAN, text="small images"
    )
    known = Requirement(left=dim("8"), right=dim("8"), relation="==", span=SPAN, text="8 == 8")
    graph = chain((conv2d(3, 8, 3, padding=1), "B 8 H W"), given="B 3 H W")
    return model(graph, sixteenth, least, most, known, name="Requiring")


def numbered() -> Model:
    """Numbered parts that are no chain."""
    drawing = Drawing()
    x = drawing.input("T B 4")
    drawing.add("0", layer("GRU", {"hidden_size": 8, "input_size": 4}))
    out, _ = drawing.run_several("0", x, shapes={"": "T B 8", " ": "1 B 8"})
    return model(drawing.done(drawing.stage("1", linear(8, 2), out, "T B 2")))


MODELS: dict[str, Callable[[], Model]] = {
    made.__name__: made
    for made in (
        two_moons,
        resnet,
        autoencoder,
        tagger,
        transformer,
        variants,
        awkward_names,
        requiring,
        numbered,
    )
}
