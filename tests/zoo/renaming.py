"""What a reference calls our weights: the files of `names/`."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAMES = Path(__file__).parent / "names"


@dataclass(frozen=True, slots=True)
class Names:
    """What a reference calls our weights: `a.*.b = "c.*.d"`, the longest that fits first.

    Of two as long it is the one without `*`. On the right `*-2` is the number less two, and a
    list is joined along dimension 0. `transposed` are ours that the reference keeps with its
    dimensions the other way round, `unused` what only the reference has.
    """

    names: Mapping[str, str | list[str]]
    transposed: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    @staticmethod
    def read(stem: str | None) -> Names:
        """The names in `names/STEM.toml`; those of the spec itself without one."""
        if stem is None:
            return Names({})
        said = tomllib.loads((NAMES / f"{stem}.toml").read_text(encoding="utf-8"))
        unknown = said.keys() - {"names", "transposed", "unused"}
        assert not unknown, unknown
        return Names(
            said.get("names", {}), tuple(said.get("transposed", ())), tuple(said.get("unused", ()))
        )

    def theirs(self, key: str) -> list[str]:
        """The reference's tensors that make our tensor of that name."""
        for ours in sorted(self.names, key=lambda name: (-len(name), "*" in name)):
            found = re.fullmatch(_pattern(ours) + r"(\..+)?", key)
            if found is None:
                continue
            *numbers, rest = found.groups()
            written = self.names[ours]
            names: list[str] = []
            for name in [written] if isinstance(written, str) else written:
                for number in numbers:
                    name = _NUMBER.sub(functools.partial(_moved, number), name, count=1)
                names.append(name + (rest or ""))
            return names
        return [key]

    def is_transposed(self, key: str) -> bool:
        return any(re.fullmatch(_pattern(ours), key) for ours in self.transposed)

    def is_unused(self, key: str) -> bool:
        return any(re.fullmatch(_pattern(theirs) + r"(\..+)?", key) for theirs in self.unused)


_NUMBER = re.compile(r"\*([+-]\d+)?")


def _moved(number: str, found: re.Match[str]) -> str:
    """What stands for a `*`, further on by what is said behind it."""
    return str(int(number) + int(found[1])) if found[1] else number


def _pattern(name: str) -> str:
    """A name with `*` for one or more pieces of digits or a word between dots."""
    return r"([^.]+)".join(re.escape(piece) for piece in name.split("*"))
