"""What is left out of torch because a `repeat` says it: the same keys, the same numbers."""

from __future__ import annotations

import torch
from torch import nn

from netspec import codegen, driver
from netspec.diagnostics import Sink
from netspec.source import Source

TRANSFORMER = """
model {
  input src: real[B, S, 16]
  input tgt: real[B, T, 16]
  input mask: bool[T, T]
  memory = src -> encoder: {
    layers: repeat 2 { TransformerEncoderLayer(4, dim_feedforward=32, batch_first=true) }
    norm: LayerNorm
  }
  tgt -> decoder: {
    input y
    layers: repeat 3 {
      input z
      (z, memory, mask) -> TransformerDecoderLayer(4, dim_feedforward=32, batch_first=true)
    }
    norm: LayerNorm
  }
}
"""


def test_a_transformer_of_repeats_is_that_of_torch() -> None:
    program = driver.check(Source("transformer.net", TRANSFORMER), sink := Sink())
    assert not sink.diagnostics
    assert program is not None
    assert program.model is not None
    built = codegen.build_model(program.model, "transformer.net").eval()
    reference = nn.Transformer(
        16, 4, 2, 3, 32, batch_first=True, activation=nn.functional.relu
    ).eval()
    assert list(built.state_dict()) == list(reference.state_dict())
    built.load_state_dict(reference.state_dict(), strict=True)
    src, tgt = torch.randn(3, 5, 16), torch.randn(3, 4, 16)
    mask = torch.ones(4, 4).triu(1).bool()
    assert torch.allclose(built(src, tgt, mask), reference(src, tgt, tgt_mask=mask), atol=1e-6)
