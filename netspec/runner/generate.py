"""A language model goes on with a text: token after token, each drawn by the model's scores.

The model sees windows as long as those that it was trained on. A shorter text is filled up behind
its end, where a model that does not look ahead sees nothing; of a longer one the end is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netspec.data.text_files import TOKEN
from netspec.program.language import LanguageModel
from netspec.program.sample_errors import no_prompt, unknown_tokens
from netspec.runner.errors import RunError
from netspec.runner.precision import AS_IT_IS
from netspec.runner.sample_errors import looks_ahead, scores_not_finite

# Two passes over the same tokens differ by rounding, relative to the largest score.
ROUNDING = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """How a token is drawn: among the `top_k` likeliest, with scores divided by `temperature`.

    A temperature of 0 takes the likeliest.
    """

    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0


class Speaker:
    """A trained language model with what it takes to ask it for scores; `path` is its run's."""

    def __init__(
        self,
        language: LanguageModel,
        module: nn.Module,
        device: torch.device,
        path: str,
        autocast: AbstractContextManager[object] = AS_IT_IS,
    ) -> None:
        self.language = language
        self.path = path
        self._module = module.to(device).eval()
        self._device = device
        self._autocast = autocast

    @torch.no_grad()
    def scores(self, tokens: Sequence[int], filling: int = 0) -> Tensor:
        """The scores of what follows each of at most `context` tokens: (tokens, V), on the CPU."""
        context = self.language.context
        window = torch.full((1, context), filling)
        window[0, : len(tokens)] = torch.tensor(tokens)
        with self._autocast:
            output = self._module(window.to(self._device))
        found: Tensor = output[self.language.output] if isinstance(output, tuple) else output
        if self.language.layout == "second":
            found = found.movedim(1, -1)
        scores = found[0, : len(tokens)].double().cpu()
        if self.language.kind == "prob":
            scores = scores.log()  # a probability of 0 is never drawn
        # So may a mask be that rules tokens out; but not all of them.
        if scores.isnan().any() or not scores.amax(dim=-1).isfinite().all():
            raise RunError(scores_not_finite(path=self.path))
        return scores

    def check_order(self) -> None:
        """Raise `RunError` when a score hangs on tokens behind its place."""
        context, size = self.language.context, len(self.language.vocabulary)
        if context == 1 or size == 1:
            return
        generator = torch.Generator().manual_seed(0)
        begins = torch.randint(size, (context // 2,), generator=generator).tolist()
        first, second = (self.scores(begins, filling).softmax(-1) for filling in (0, size - 1))
        if (first - second).abs().max() > ROUNDING:
            raise RunError(looks_ahead(path=self.path))

    def tokens(self, prompt: Sequence[int], count: int, chance: Chance) -> Iterator[int]:
        """`count` tokens that go on with `prompt`, each as soon as it is drawn."""
        generator = torch.Generator().manual_seed(chance.seed)
        said = list(prompt)
        for _ in range(count):
            token = draw(self.scores(said[-self.language.context :])[-1], chance, generator)
            said.append(token)
            yield token


def draw(scores: Tensor, chance: Chance, generator: torch.Generator) -> int:
    """The number of a token, drawn by the scores of all of them: (V,)."""
    if chance.temperature == 0:
        return int(scores.argmax())
    if chance.top_k is not None and chance.top_k < len(scores):
        least = scores.topk(chance.top_k).values[-1]
        scores = scores.masked_fill(scores < least, -torch.inf)
    # The largest is taken off first: a low temperature would send it to infinity.
    chances = ((scores - scores.max()) / chance.temperature).softmax(-1)
    return int(torch.multinomial(chances, 1, generator=generator))


# --- tokens and text ---------------------------------------------------------------------------

# Marks that no space comes before, or behind; every other token is set apart.
CLOSING = frozenset(".,;:!?)]}'\u2019-")
OPENING = frozenset("([{'\u2019-")


def encode(prompt: str, language: LanguageModel) -> list[int]:
    """The tokens of a prompt by their numbers; raises `RunError` where the text lacks some."""
    given = TOKEN.findall(prompt) if language.words else list(prompt)
    if not given:
        raise RunError(no_prompt())
    places = {token: place for place, token in enumerate(language.vocabulary)}
    unknown = list(dict.fromkeys(token for token in given if token not in places))
    if unknown:
        raise RunError(unknown_tokens(unknown, language.vocabulary, language.words))
    return [places[token] for token in given]


def written(token: str, before: str, language: LanguageModel) -> str:
    """A token as it goes on with a text whose last token is `before`: a word with its space."""
    if not language.words or token in CLOSING or before in OPENING:
        return token
    return f" {token}"
