"""Text to tree, in steps: tokens, slips, limits, brackets, lines, grammar, checks."""

from __future__ import annotations

from netspec.diagnostics import Sink
from netspec.source import Source
from netspec.syntax import tree
from netspec.syntax.brackets import balance
from netspec.syntax.checks import check_tree
from netspec.syntax.faults import Faults
from netspec.syntax.grammar import load
from netspec.syntax.limits import chains_within_limits, nests_within_limits
from netspec.syntax.lines import statements
from netspec.syntax.recovery import Run
from netspec.syntax.slips import mend


def parse(source: Source, sink: Sink) -> tree.File:
    """The tree of a whole text; every complaint goes to `sink`.

    Items and statements that did not parse are left out, so a tree for which `sink.failed` holds is
    there for editors, not for the later stages.
    """
    faults = Faults(source, sink)
    tokens = mend(load().lex(source.text, dont_ignore=True), faults)
    if not nests_within_limits(tokens, faults):
        return _nothing(source)
    lines = statements(balance(tokens, faults), faults)
    if not chains_within_limits(lines, faults):
        return _nothing(source)
    file = Run(lines, faults).parse()
    check_tree(file, sink)
    return file


def _nothing(source: Source) -> tree.File:
    """The tree of a text that may not be parsed."""
    return tree.File(span=source.span(0, len(source.text)), source=source, items=())
