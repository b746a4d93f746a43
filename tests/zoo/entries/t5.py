"""T5 small against transformers'."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from handwritten.t5 import T5
from torch import Tensor, nn
from transformers import T5Config, T5ForConditionalGeneration


def reference(vocab: int = 32128, width: int = 512, heads: int = 8, depth: int = 6) -> nn.Module:
    config = T5Config(
        vocab_size=vocab,
        d_model=width,
        d_kv=width // heads,
        d_ff=4 * width,
        num_heads=heads,
        num_layers=depth,
        attn_implementation="eager",
    )
    module: nn.Module = T5ForConditionalGeneration(config)
    return module


def texts(generator: torch.Generator) -> Mapping[str, Tensor]:
    """Long enough for the last ranges of distances of either stack."""
    return {
        "source": torch.randint(50, (2, 140), generator=generator),
        "target": torch.randint(50, (2, 135), generator=generator),
    }


def scores(module: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    found: Tensor = module(input_ids=inputs["source"], decoder_input_ids=inputs["target"]).logits
    return found


ENTRY = Entry(
    title="T5 small",
    source="Raffel et al., 2019",
    reference="transformers",
    parameters=60_506_624,
    small={"vocab": 50, "width": 32, "heads": 4, "depth": 2},
    parts=(Part(full=reference, inputs=texts, call=scores, names="t5", by_hand=T5),),
)
