"""Llama against transformers'."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Part
from handwritten.llama import Llama
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM


def reference(
    vocab: int = 128256,
    width: int = 2048,
    hidden: int = 8192,
    heads: int = 32,
    kv_heads: int = 8,
    depth: int = 16,
    theta: float = 500000.0,
    trained: int = 8192,
) -> nn.Module:
    config = LlamaConfig(
        vocab_size=vocab,
        hidden_size=width,
        intermediate_size=hidden,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        num_hidden_layers=depth,
        rms_norm_eps=1e-5,
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": theta,
            "factor": 32.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": trained,
        },
        max_position_embeddings=131072,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        attn_implementation="eager",
    )
    module: nn.Module = LlamaForCausalLM(config)
    return module


def logits(module: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    found: Tensor = module(input_ids=inputs["x"]).logits
    return found


ENTRY = Entry(
    title="Llama 3.2",
    source="Grattafiori et al., 2024",
    reference="transformers",
    parameters=1_235_814_400,
    small={
        "vocab": 50,
        "width": 64,
        "hidden": 96,
        "heads": 4,
        "kv_heads": 2,
        "depth": 2,
        "theta": 100.0,
        "trained": 64,
    },
    parts=(
        Part(
            full=reference,
            inputs=lambda generator: {"x": torch.randint(50, (2, 32), generator=generator)},
            call=logits,
            names="llama",
            by_hand=Llama,
        ),
    ),
)
