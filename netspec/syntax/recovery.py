"""The parse itself, and how it goes on after a mistake.

On an error the rest of the statement is skipped and the parser's stack is cut back to the body that
the statement stands in, so that k mistakes in k statements give k reports. A `{` in the skipped
part is still entered: what stands inside is parsed as statements, whose mistakes are their own.
"""

from __future__ import annotations

from lark import Token, UnexpectedToken

from netspec.syntax import tree
from netspec.syntax.builder import Builder
from netspec.syntax.faults import Faults, made, place
from netspec.syntax.grammar import start_state
from netspec.syntax.messages import explain
from netspec.syntax.stuck import Stuck

TOP = -1


class Run:
    """One parse of one text's lines."""

    def __init__(self, tokens: list[Token], faults: Faults) -> None:
        end = len(faults.source.text)
        self.tokens = [*tokens, made("$END", "", end, end)]
        self.faults = faults
        self.around, self.partner = _braces(self.tokens)
        self.state = start_state(Builder(faults.source))
        self.faulty_statement: tuple[int, int] | None = None

    def parse(self) -> tree.File:
        """Feed every token; on an error report, skip and go on."""
        position, last = 0, len(self.tokens) - 1
        result: tree.File | None = None
        while position <= last:
            token = self.tokens[position]
            try:
                result = self.state.feed_token(token, is_end=position == last)
            except UnexpectedToken:
                position = self.recover(position)
            else:
                position += 1
        assert result is not None
        return result

    def recover(self, position: int) -> int:
        """Report the error at `position`, cut the stack back; where to go on from."""
        body = self.around[position]
        start, end = self.extent(position, body)
        if (body, start) != self.faulty_statement and not self.doubted(body, start, end):
            stuck = Stuck(self.tokens, position, start, body, tuple(self.state.state_stack))
            self.faults.report(explain(stuck, self.faults))
        self.faulty_statement = (body, start)
        self.cut_back()
        resume = next(
            (i for i in self.at_level(position, end, body) if self.tokens[i].type == "LBRACE"), end
        )
        begin, _ = place(self.tokens[position])
        self.state.feed_token(made("FAULTY", "", begin, begin))
        return resume

    def cut_back(self) -> None:
        """Pop the parser's stack to where a statement of the innermost open body begins.

        A body whose `}` is on the stack already is not open.
        """
        actions, closed = self.state.parse_conf.states, 0
        while closed or "FAULTY" not in actions[self.state.state_stack[-1]]:
            self.state.state_stack.pop()
            value = self.state.value_stack.pop()
            if isinstance(value, Token):
                closed += {"RBRACE": 1, "LBRACE": -1}.get(value.type, 0)

    def extent(self, position: int, body: int) -> tuple[int, int]:
        """The first token of the statement at `position`, and the token that ends it."""
        start = position
        while start - 1 > body and self.tokens[start - 1].type != "NEWLINE":
            start -= 1
            if self.tokens[start].type == "RBRACE":
                start = self.partner[start]
        end = position
        closer = self.partner[body] if body != TOP else len(self.tokens) - 1
        while end < closer and self.tokens[end].type != "NEWLINE":
            end = self.partner[end] + 1 if self.tokens[end].type == "LBRACE" else end + 1
        return start, end

    def at_level(self, start: int, end: int, body: int) -> list[int]:
        """The tokens from `start` up to `end` that stand in `body` itself."""
        return [i for i in range(start, end) if self.around[i] == body]

    def doubted(self, body: int, start: int, end: int) -> bool:
        """Whether the statement was mended by a guess, outside of its inner bodies."""
        first, _ = place(self.tokens[start])
        last, _ = place(self.tokens[end])
        for offset in self.faults.doubts(first, last + 1):
            inner = [
                i
                for i in range(start, end)
                if self.tokens[i].type == "LBRACE"
                and self.around[i] == body
                and place(self.tokens[i])[1] <= offset < place(self.tokens[self.partner[i]])[0]
            ]
            if not inner:
                return True
        return False


def _braces(tokens: list[Token]) -> tuple[list[int], dict[int, int]]:
    """The innermost `{` around each token, and each brace's partner; braces must match.

    A closing brace stands in the body it closes, where a statement may be waiting for more.
    """
    around: list[int] = []
    partner: dict[int, int] = {}
    stack: list[int] = []
    for i, token in enumerate(tokens):
        around.append(stack[-1] if stack else TOP)
        if token.type == "LBRACE":
            stack.append(i)
        elif token.type == "RBRACE":
            opener = stack.pop()
            partner[opener], partner[i] = i, opener
    return around, partner
