"""A `data` block to a `DataPlan`: sources, columns, transforms and the split, with their types."""

from netspec.analysis.data.block import Block
from netspec.analysis.data.plan import analyse_data, analyse_shares

__all__ = ["Block", "analyse_data", "analyse_shares"]
