"""A run as tables, pictures and progress. `report.pictures` loads matplotlib, so it comes late."""

from netspec.report.progress import Progress, progress
from netspec.report.table import print_result

__all__ = ["Progress", "print_result", "progress"]
