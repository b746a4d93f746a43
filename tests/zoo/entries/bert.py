"""BERT with its head for masked tokens against transformers'."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Objective, Part
from handwritten.bert import BERT
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM


def reference(
    vocab: int = 30522, context: int = 512, width: int = 768, heads: int = 12, depth: int = 12
) -> nn.Module:
    config = BertConfig(
        vocab_size=vocab,
        max_position_embeddings=context,
        hidden_size=width,
        num_attention_heads=heads,
        num_hidden_layers=depth,
        intermediate_size=4 * width,
        attn_implementation="eager",
    )
    module: nn.Module = BertForMaskedLM(config)
    return module


def inputs(generator: torch.Generator) -> Mapping[str, Tensor]:
    """Two texts, the second of which is padded."""
    tokens = torch.randint(1, 120, (2, 32), generator=generator)
    tokens[1, 20:] = 0
    return {"x": tokens, "segments": torch.randint(2, (2, 32), generator=generator)}


def scores(module: nn.Module, given: Mapping[str, Tensor]) -> Tensor:
    tokens = given["x"]
    found: Tensor = module(
        input_ids=tokens, attention_mask=tokens != 0, token_type_ids=given["segments"]
    ).logits
    return found


def masked(models: Mapping[str, nn.Module], fields: Mapping[str, Tensor]) -> Tensor:
    """The loss as transformers has it, which leaves out labels of -100."""
    found: Tensor = models["BERT"](
        input_ids=fields["x"],
        attention_mask=fields["x"] != 0,
        token_type_ids=fields["segments"],
        labels=fields["tokens"].masked_fill(~fields["masked"], -100),
    ).loss
    return found


def pretraining(generator: torch.Generator) -> Mapping[str, Tensor]:
    """What the data block draws: tokens, and those of them that are to be filled in."""
    given = inputs(generator)
    chosen = torch.rand(given["x"].shape, generator=generator) < 0.15
    chosen[0, 0] = True
    return {
        "tokens": given["x"],
        "masked": chosen,
        "segments": given["segments"],
        "x": given["x"].masked_fill(chosen, 103),
    }


ENTRY = Entry(
    title="BERT base",
    source="Devlin et al., 2018",
    reference="transformers",
    parameters=109_514_298,
    small={"vocab": 120, "context": 40, "width": 32, "heads": 4, "depth": 2},
    parts=(Part(full=reference, inputs=inputs, call=scores, names="bert", by_hand=BERT),),
    losses=(Objective(fields=pretraining, call=masked),),
)
