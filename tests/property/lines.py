"""Statements in two languages: a line of a spec, and what it means in plain torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Apply = Callable[[Tensor], Tensor]
# A layer with its arguments, made anew for each value.
Module = Callable[..., Any]


@dataclass(frozen=True)
class Line:
    """A statement on the value before, as text and in torch."""

    text: str
    apply: Apply


Maker = Callable[[Tensor, Callable[..., int], int, int], Line]


def plain(name: str, layer: Module) -> Maker:
    return lambda *_: Line(f"-> {name}", lambda x: layer()(x))


def linear(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n = size()
    return Line(f"-> Linear({n})", lambda x: nn.Linear(x.shape[-1], n)(x))


def convolution(rank: int) -> Maker:
    layer = (nn.Conv1d, nn.Conv2d)[rank - 1]

    def make(x: Tensor, size: Callable[..., int], *_: int) -> Line:
        n, k, s, p, d = size(), size(), size(1, 1, 2), size(0, 1), size(1, 1, 2)
        text = f"-> Conv{rank}d({n}, {k}, stride={s}, padding={p}, dilation={d})"
        return Line(text, lambda x: channelled(x, rank, lambda c: layer(c, n, k, s, p, d)))

    return make


def transposed(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n, k, s, p = size(), size(), size(), size(0, 1)
    text = f"-> ConvTranspose2d({n}, {k}, stride={s}, padding={p})"
    return Line(text, lambda x: channelled(x, 2, lambda c: nn.ConvTranspose2d(c, n, k, s, p)))


def channelled(x: Tensor, rank: int, layer: Module) -> Tensor:
    assert x.ndim == rank + 2, "a batch of channels"
    made: Tensor = layer(x.shape[1])(x)
    return made


def pooled(name: str, rank: int) -> Maker:
    layer = getattr(nn, name)

    def make(x: Tensor, size: Callable[..., int], *_: int) -> Line:
        k, s, p, ceil = size(1, 2, 3), size(1, 2, 3), size(0, 0, 1), size(0, 1)
        text = f"-> {name}({k}, stride={s}, padding={p}, ceil_mode={'true' if ceil else 'false'})"

        def run(x: Tensor) -> Tensor:
            assert x.ndim == rank + 2, "a batch of channels"
            made: Tensor = layer(k, s, p, ceil_mode=bool(ceil))(x)
            return made

        return Line(text, run)

    return make


def adaptive(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n = size()

    def run(x: Tensor) -> Tensor:
        assert x.ndim == 4
        made: Tensor = nn.AdaptiveAvgPool2d(n)(x)
        return made

    return Line(f"-> AdaptiveAvgPool2d({n})", run)


def normed(name: str, ranks: tuple[int, ...]) -> Maker:
    layer = getattr(nn, name)

    def run(x: Tensor) -> Tensor:
        assert x.ndim in ranks
        made: Tensor = layer(x.shape[1]).eval()(x)
        return made

    return lambda *_: Line(f"-> {name}", run)


def grouped(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n = size(1, 2, 3)
    return Line(f"-> GroupNorm({n})", lambda x: nn.GroupNorm(n, x.shape[1])(x))


def layer_norm(x: Tensor, *_: object) -> Line:
    return Line("-> LayerNorm", lambda x: nn.LayerNorm(x.shape[-1])(x))


def softened(name: str, function: Callable[..., Tensor]) -> Maker:
    return lambda x, size, dim, other: Line(f"-> {name}(dim={dim})", lambda x: function(x, dim=dim))


def recurrent(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n = size()

    def run(x: Tensor) -> Tensor:
        assert x.ndim == 3
        result: Tensor = nn.GRU(x.shape[-1], n, batch_first=True)(x)[0]
        return result

    return Line(f"x, state = x -> GRU({n}, batch_first=true)", run)


def flattened(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    return Line(f"-> Flatten({dim}, {other})", lambda x: nn.Flatten(dim, other)(x))


def unflattened(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    n = size()
    return Line(f"-> Unflatten({dim}, [{n}, -1])", lambda x: nn.Unflatten(dim, (n, -1))(x))


def called(text: str, function: Apply) -> Maker:
    return lambda *_: Line(f"-> {text}", function)


def along(name: str, function: Callable[..., Tensor], keeps: bool = False) -> Maker:
    def make(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
        keep = keeps and bool(size(0, 1))
        more = ", keepdim=true" if keep else ""
        options = {"keepdim": True} if keep else {}
        return Line(f"-> {name}(dim={dim}{more})", lambda x: function(x, dim=dim, **options))

    return make


def transposing(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    return Line(f"-> transpose({dim}, {other})", lambda x: x.transpose(dim, other))


def unsqueezing(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    return Line(f"-> unsqueeze({dim})", lambda x: x.unsqueeze(dim))


def reshaping(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n = size()
    if size(0, 1):
        return Line(f"-> reshape(-1, {n})", lambda x: x.reshape(-1, n))
    return Line(f"-> reshape({n}, -1, 2)", lambda x: x.reshape(n, -1, 2))


def sliced(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    a, b, s = size(0, 1, 2, -1, -2), size(1, 2, 5, -1, -2), size(1, 2)
    where = size(0, 1, 2)
    if where == 0:
        return Line(f"x = x[:, {a}]", lambda x: x[:, a])
    if where == 1:
        return Line(f"x = x[..., {a}:{b}:{s}]", lambda x: x[..., a:b:s])
    return Line(f"x = x[:, {a}:]", lambda x: x[:, a:])


def scaled(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n, op = size(2, 3), size(0, 1, 2, 3)
    made: list[Line] = [
        Line(f"x = x * {n} + x", lambda x: x * n + x),
        Line(f"x = {n} - x", lambda x: n - x),
        Line(f"x = x / {n}", lambda x: x / n),
        Line(f"x = x // {n}", lambda x: x // n),
    ]
    return made[op]


def broadcast(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    return Line(f"x = x + mean(x, dim={dim})", lambda x: x + x.mean(dim=dim))


def attended(x: Tensor, *_: object) -> Line:
    return Line("x = x @ transpose(x, -1, -2)", lambda x: x @ x.transpose(-1, -2))


def joined(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    if size(0, 1):
        return Line(f"x = cat(x, x, dim={dim})", lambda x: torch.cat([x, x], dim=dim))
    return Line(f"x = stack([x, x], dim={dim})", lambda x: torch.stack([x, x], dim=dim))


def parted(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    n = size(2, 3)
    if size(0, 1):
        text = f"a, b = split(x, {n}, dim={dim})\n  x = b"
        return Line(text, lambda x: _second(torch.split(x, n, dim=dim)))
    text = f"a, b = chunk(x, 2, dim={dim})\n  x = b"
    return Line(text, lambda x: _second(x.chunk(2, dim=dim)))


def _second(parts: tuple[Tensor, ...]) -> Tensor:
    _, second = parts
    return second


def padded(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    a, b = size(-1, 0, 1, 2), size(0, 1)
    return Line(f"-> pad([{a}, {b}])", lambda x: functional.pad(x, [a, b]))


def scanned(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    n = size()

    def run(x: Tensor) -> Tensor:
        same = nn.Linear(x.select(dim, 0).shape[-1], n)
        return torch.stack([same(step) for step in x.unbind(dim)], dim=dim)

    return Line(f"x = scan step in x along {dim} {{ step -> Linear({n}) }}", run)


def carried(x: Tensor, size: Callable[..., int], dim: int, other: int) -> Line:
    before = "..., " if dim < 0 else ":, " * dim
    after = ", :" * (-dim - 1) if dim < 0 else ""
    last = size(0, 1)

    def run(x: Tensor) -> Tensor:
        h = x.select(dim, 0)
        seen = []
        for step in x.unbind(dim):
            h = (h + step) / 2
            seen.append(h - step)
        return h if last else torch.stack(seen, dim=dim)

    head = f"scan step in x along {dim} carry h = x[{before}0{after}]"
    body = "{\n    h = (h + step) / 2\n    h - step\n  }"
    if last:
        return Line(f"{head} {{ h = (h + step) / 2 }}\n  x = h", run)
    return Line(f"x = {head} {body}", run)


def picked(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    a, b = size(0, 1, -1, -2, 3), size(0, 2, -3)
    made: list[Line] = [
        Line(f"x = x[:, [{a}, {b}]]", lambda x: x[:, [a, b]]),
        Line(f"x = x[..., [{a}]]", lambda x: x[..., [a]]),
        Line(f"x = x[:, none, {a}:]", lambda x: x[:, None, a:]),
        Line("x = x[:, arange(2)]", lambda x: x[:, torch.arange(2)]),
    ]
    return made[size(0, 1, 2, 3)]


def looped(x: Tensor, size: Callable[..., int], *_: int) -> Line:
    n, m = size(), size()

    def run(x: Tensor) -> Tensor:
        first = nn.Linear(x.shape[-1], n)(x).relu()
        return torch.tanh(nn.Linear(n, m)(first))

    text = f"for n, act in [({n}, ReLU), ({m}, Tanh)] {{ Linear(n) -> act }}"
    return Line(f"-> {{ {text} }}", run)


def placed(name: str, rank: int, *arguments: int) -> Maker:
    """A layer that pads, resizes or rearranges the places of so many dimensions."""
    layer = getattr(nn, name)

    def run(x: Tensor) -> Tensor:
        assert x.ndim == rank
        made: Tensor = layer(*arguments)(x)
        return made

    return lambda *_: Line(f"-> {name}({', '.join(map(str, arguments))})", run)


MAKERS: tuple[Maker, ...] = (
    linear,
    linear,
    convolution(1),
    convolution(2),
    transposed,
    pooled("MaxPool1d", 1),
    pooled("MaxPool2d", 2),
    pooled("AvgPool2d", 2),
    adaptive,
    normed("BatchNorm1d", (2, 3)),
    normed("BatchNorm2d", (4,)),
    grouped,
    layer_norm,
    recurrent,
    flattened,
    unflattened,
    plain("ReLU", nn.ReLU),
    plain("Sigmoid", nn.Sigmoid),
    plain("GLU", nn.GLU),
    softened("Softmax", torch.softmax),
    softened("log_softmax", torch.log_softmax),
    called("exp", torch.exp),
    called("abs", torch.abs),
    called("clamp(0, 1)", lambda x: x.clamp(0, 1)),
    along("squeeze", torch.squeeze),
    called("tril", torch.tril),
    along("mean", torch.mean, keeps=True),
    along("sum", torch.sum, keeps=True),
    along("amax", torch.amax, keeps=True),
    along("cumsum", torch.cumsum),
    along("argmax", torch.argmax, keeps=True),
    transposing,
    unsqueezing,
    reshaping,
    normed("InstanceNorm1d", (3,)),
    placed("ReflectionPad1d", 3, 2),
    placed("ReplicationPad2d", 4, 1),
    placed("CircularPad1d", 3, 2),
    placed("PixelShuffle", 4, 2),
    placed("UpsamplingNearest2d", 4, 5),
    placed("Unfold", 4, 2),
    plain("ChannelShuffle(2)", lambda: nn.ChannelShuffle(2)),
    sliced,
    scanned,
    carried,
    carried,
    picked,
    looped,
    scaled,
    broadcast,
    attended,
    joined,
    parted,
    padded,
)
