"""The tree to a checked program: names, arguments, compile-time evaluation, shapes and kinds."""

from netspec.analysis.analyse import analyse

__all__ = ["analyse"]
