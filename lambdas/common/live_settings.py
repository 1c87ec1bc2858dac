"""Settings that change while the pipeline runs: read from ParameterTable, once in each invocation."""

from common.epoch import EPOCH_KEY, Epoch, epoch_in_item
from common.storage import read_item

__all__ = ["read_epoch"]


def read_epoch(table: str) -> Epoch:
    """Return the epoch as every acknowledged write left it; without a table there is only one."""
    return epoch_in_item(read_item(table, EPOCH_KEY), table=table) if table else Epoch()
