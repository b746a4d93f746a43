"""CLIP against transformers', what it minimises included."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from entry import Entry, Objective, Outputs, Part
from handwritten.clip import CLIP
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import CLIPConfig, CLIPModel


def reference(
    vocab: int = 49408,
    context: int = 77,
    image: int = 224,
    patch: int = 32,
    picture_width: int = 768,
    picture_heads: int = 12,
    text_width: int = 512,
    text_heads: int = 8,
    depth: int = 12,
    space: int = 512,
) -> nn.Module:
    config = CLIPConfig(
        text_config={
            "vocab_size": vocab,
            "max_position_embeddings": context,
            "hidden_size": text_width,
            "intermediate_size": 4 * text_width,
            "num_attention_heads": text_heads,
            "num_hidden_layers": depth,
            # What makes it take the highest number in a text as its end, as the paper does.
            "eos_token_id": 2,
            "bos_token_id": None,
        },
        vision_config={
            "image_size": image,
            "patch_size": patch,
            "hidden_size": picture_width,
            "intermediate_size": 4 * picture_width,
            "num_attention_heads": picture_heads,
            "num_hidden_layers": depth,
        },
        projection_dim=space,
        attn_implementation="eager",
    )
    module: nn.Module = CLIPModel(config)
    return module


def pairs(generator: torch.Generator) -> Mapping[str, Tensor]:
    return {
        "x": torch.randn(3, 3, 32, 32, generator=generator),
        "tokens": torch.randint(50, (3, 12), generator=generator),
    }


def scores(module: nn.Module, inputs: Mapping[str, Tensor]) -> Tensor:
    found: Tensor = module(input_ids=inputs["tokens"], pixel_values=inputs["x"]).logits_per_image
    return found


def contrastive(models: Mapping[str, nn.Module], fields: Mapping[str, Tensor]) -> Outputs:
    """The loss as transformers has it, and its two halves."""
    found = models["CLIP"](input_ids=fields["tokens"], pixel_values=fields["x"], return_loss=True)
    own = torch.arange(3)
    pictures = cross_entropy(found.logits_per_image, own)
    return found.loss, pictures, cross_entropy(found.logits_per_text, own)


ENTRY = Entry(
    title="CLIP ViT-B/32",
    source="Radford et al., 2021",
    reference="transformers",
    parameters=151_277_313,
    small={
        "vocab": 50,
        "context": 12,
        "image": 32,
        "patch": 8,
        "picture_width": 32,
        "picture_heads": 4,
        "text_width": 24,
        "text_heads": 3,
        "depth": 2,
        "space": 16,
    },
    parts=(
        Part(model="CLIP", full=reference, inputs=pairs, call=scores, names="clip", by_hand=CLIP),
    ),
    losses=(Objective(fields=pairs, call=contrastive),),
)
