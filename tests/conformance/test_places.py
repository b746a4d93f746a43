"""Layers that pad, resize and rearrange places, drawn at random: sizes known, and not yet known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sampling import agree, run_layer, symbolic, typed

from netspec.catalog import Application

sizes = st.integers(1, 7)
images = st.lists(sizes, min_size=3, max_size=3)
spatials = st.integers(1, 3)
AXES = "DHW"


def check(name: str, keywords: Mapping[str, Any], channels: int, image: list[int]) -> None:
    """Both sides agree on these sizes, and what is said of unknown ones holds at these."""
    outcome = run_layer(name, (), keywords, [typed("real", 2, channels, *image)])
    agree(outcome)
    names = AXES[-len(image) :]
    met, types = symbolic(
        name,
        keywords,
        [typed("real", 2, channels, *names)],
        dict(zip(names, image, strict=True)),
    )
    assert met == isinstance(outcome.ours, Application)
    if isinstance(outcome.ours, Application):
        assert types == outcome.ours.outputs


def pairs(padding: tuple[int, ...]) -> list[tuple[int, int]]:
    """The borders of each dimension, the smaller first."""
    both = zip(padding[::2], padding[1::2], strict=True)
    return [(min(pair), max(pair)) for pair in both]


def one_or(count: int, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One value, or a tuple of so many."""
    return values | st.tuples(*[values] * count)


@settings(max_examples=200)
@given(st.data(), st.sampled_from(["Reflection", "Replication", "Circular"]), images, spatials)
def test_borders(data: st.DataObject, family: str, image: list[int], spatial: int) -> None:
    padding = data.draw(one_or(2 * spatial, st.integers(-3, 4)))
    if family == "Circular" and isinstance(padding, tuple):
        # Beside a cut torch fills the other border with numbers that nobody wrote.
        assume(all(a >= 0 or b <= 0 for a, b in pairs(padding)))
    check(f"{family}Pad{spatial}d", {"padding": padding}, 3, image[:spatial])


@settings(max_examples=120)
@given(st.data(), st.sampled_from(["Zero", "Constant"]), images, spatials)
def test_borders_of_a_number(
    data: st.DataObject, family: str, image: list[int], spatial: int
) -> None:
    padding = data.draw(one_or(2 * spatial, st.integers(-3, 4)))
    keywords = {"padding": padding} | ({"value": 0.5} if family == "Constant" else {})
    check(f"{family}Pad{spatial}d", keywords, 3, image[:spatial])


@settings(max_examples=150)
@given(st.data(), images)
def test_windows_as_columns_and_back(data: st.DataObject, image: list[int]) -> None:
    def drawn(low: int, high: int) -> Any:
        return data.draw(one_or(2, st.integers(low, high)))

    keywords = {
        "kernel_size": drawn(1, 3),
        "dilation": drawn(1, 2),
        "padding": drawn(0, 2),
        "stride": drawn(1, 3),
    }
    check("Unfold", keywords, 3, image[:2])
    channels, count = data.draw(st.sampled_from([4, 6, 9, 12])), data.draw(st.integers(1, 30))
    folded = {**keywords, "output_size": tuple(image[:2])}
    agree(run_layer("Fold", (), folded, [typed("real", 2, channels, count)]))


FACTORS = st.sampled_from([0.25, 0.5, 0.75, 1.0, 1.5, 2, 3, 2.125])
MODES = {
    1: ("nearest", "nearest-exact", "linear", "area"),
    2: ("nearest", "bilinear", "bicubic", "area"),
    3: ("nearest", "trilinear", "area"),
}


@settings(max_examples=150)
@given(st.data(), images, spatials, st.sampled_from([None, True, False]))
def test_resizing(
    data: st.DataObject, image: list[int], spatial: int, aligned: bool | None
) -> None:
    mode = data.draw(st.sampled_from(MODES[spatial]))
    factor = data.draw(one_or(spatial, FACTORS))
    keywords = {"scale_factor": factor, "mode": mode, "align_corners": aligned}
    check("Upsample", keywords, 3, image[:spatial])


@settings(max_examples=100)
@given(images, st.sampled_from([3, 4, 8, 9]), st.integers(1, 3))
def test_channels_and_places(image: list[int], channels: int, factor: int) -> None:
    check("PixelShuffle", {"upscale_factor": factor}, channels, image[:2])
    check("PixelUnshuffle", {"downscale_factor": factor}, channels, image[:2])
    check("ChannelShuffle", {"groups": factor}, channels, image[:2])


@settings(max_examples=120)
@given(st.data(), images, st.integers(2, 3), st.sampled_from([None, 0.3, 0.5, 0.75, 0.9]))
def test_windows_at_random_places(
    data: st.DataObject, image: list[int], spatial: int, ratio: float | None
) -> None:
    kernel = data.draw(one_or(spatial, st.integers(1, 3)))
    wanted = {"output_ratio": ratio} if ratio is not None else {"output_size": data.draw(sizes)}
    keywords = {"kernel_size": kernel, **wanted}
    if ratio in {0.3, 0.9}:  # a share of a size that is not known is told for plain ones only
        given_type = typed("real", 2, 3, *image[:spatial])
        agree(run_layer(f"FractionalMaxPool{spatial}d", (), keywords, [given_type]))
    else:
        check(f"FractionalMaxPool{spatial}d", keywords, 3, image[:spatial])
