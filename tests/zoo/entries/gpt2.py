"""GPT-2 against transformers'."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from handwritten.gpt2 import GPT2
from torch import Tensor, nn
from transformers import GPT2Config, GPT2LMHeadModel

SMALL = {"vocab": 50, "context": 40, "width": 32, "heads": 4, "depth": 2}


def reference(
    vocab: int = 50257, context: int = 1024, width: int = 768, heads: int = 12, depth: int = 12
) -> nn.Module:
    config = GPT2Config(
        vocab_size=vocab,
        n_positions=context,
        n_embd=width,
        n_head=heads,
        n_layer=depth,
        bos_token_id=None,
        eos_token_id=None,
        attn_implementation="eager",
    )
    module: nn.Module = GPT2LMHeadModel(config)
    return module


def logits(module: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    found: Tensor = module(input_ids=inputs["x"]).logits
    return found


ENTRY = Entry(
    title="GPT-2",
    source="Radford et al., 2019",
    reference="transformers",
    parameters=124_439_808,
    small=SMALL,
    parts=(
        Part(
            full=reference,
            small=lambda: reference(**SMALL),
            inputs=lambda generator: {"x": torch.randint(50, (2, 32), generator=generator)},
            call=logits,
            by_hand=GPT2,
            names="gpt2",
        ),
    ),
)
