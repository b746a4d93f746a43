"""Text to tree: reading a file, the parser, and the tree it makes."""

from netspec.syntax import tree
from netspec.syntax.files import read
from netspec.syntax.folder import SpecFolder, SpecReader, Unfound
from netspec.syntax.parser import parse

# The declarations of the prelude are texts like any other.
parse_prelude = parse

__all__ = ["SpecFolder", "SpecReader", "Unfound", "parse", "parse_prelude", "read", "tree"]
