"""Lines of an exported script: indentation, calls that fit the page, imports in order."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from netspec.codegen.layout import Expr, call, display, lines, literal
from netspec.program.graph import Literal
from netspec.program.train import Choice

INDENT = 4
# Arguments that torch declares as lists; other sequences are tuples, as it writes them itself.
LISTS = frozenset({"milestones"})


@dataclass(slots=True)
class Writer:
    """Collects lines at the present depth."""

    depth: int = 0
    written: list[str] = field(default_factory=list)

    def line(self, text: str = "") -> None:
        """One line; an empty one stays empty."""
        self.written.append(" " * (INDENT * self.depth) + text if text else "")

    def lines(self, texts: Iterable[str]) -> None:
        """Several lines, each at the present depth."""
        for text in texts:
            self.line(text)

    def expression(self, prefix: str, value: Expr, suffix: str = "") -> None:
        """`prefix` and an expression, broken where it does not fit."""
        self.written.extend(lines(prefix, value, INDENT * self.depth, suffix))

    def block(self, opening: str) -> Block:
        """A compound statement: what is written inside `with` stands one level deeper."""
        self.line(opening)
        return Block(self)

    def text(self) -> str:
        """Everything, ending with a newline."""
        return "\n".join(self.written) + "\n"


@dataclass(frozen=True, slots=True)
class Block:
    """The inside of a compound statement."""

    writer: Writer

    def __enter__(self) -> None:
        self.writer.depth += 1

    def __exit__(self, *_: object) -> None:
        self.writer.depth -= 1


def construction(
    choice: Choice, first: Iterable[str], extra: Iterable[tuple[str, Expr]] = ()
) -> Expr:
    """The call that makes what the plan picked, `torch.optim.SGD(model.parameters(), lr=0.1)`."""
    return call(choice.target, [Expr(text) for text in first], [*arguments(choice), *extra])


def arguments(choice: Choice) -> list[tuple[str, Expr]]:
    """The arguments that the text gave, each with its name."""
    return [(name, _sequence(name, value)) for name, value in choice.arguments]


def _sequence(name: str, value: Literal) -> Expr:
    if name in LISTS and isinstance(value, tuple):
        return display("[", [literal(item) for item in value], "]")
    return literal(value)


def mapping(entries: Sequence[tuple[str, Expr]]) -> Expr:
    """A dictionary display; each entry is its key with the colon, and its value."""
    text = ", ".join(key + value.text for key, value in entries)
    return Expr(f"{{{text}}}", opening="{", parts=tuple(entries), closing="}")


def sorted_imports(statements: Iterable[str]) -> str:
    """Import statements as linters want them: the standard library, then the rest."""
    groups: tuple[set[str], set[str]] = (set(), set())
    for statement in statements:
        module = statement.split()[1].split(".")[0]
        groups[module not in sys.stdlib_module_names].add(statement)
    return "\n\n".join("\n".join(_ordered(group)) for group in groups if group)


def _ordered(statements: set[str]) -> list[str]:
    """`import x` before `from x import y`; names from one module in one statement."""
    plain = sorted(s for s in statements if s.startswith("import "))
    named: dict[str, set[str]] = {}
    for statement in statements:
        if statement.startswith("from "):
            module, names = statement.removeprefix("from ").split(" import ")
            named.setdefault(module, set()).update(name.strip() for name in names.split(","))
    joined = [
        f"from {module} import {', '.join(sorted(names, key=_case))}"
        for module, names in sorted(named.items(), key=lambda item: item[0].lower())
    ]
    return plain + joined


def _case(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then the rest, as isort orders the names of one import."""
    return (not name.isupper() or len(name) == 1, not name[:1].isupper(), name)
