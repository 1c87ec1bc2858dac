"""The stateful pipeline as a job of Bytewax, an engine that keeps the state itself: see `docs/scale.md`.

State, Map and Reduce are the pure functions of `lambdas/common`, as in Lambda. What falls away is what stood
between them: two tables, their streams, and the ledger. The engine keeps its state together with its place in
the source, so a job that was broken off goes on from both.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bytewax import operators as op
from bytewax.connectors.files import FileSource
from bytewax.dataflow import Dataflow
from bytewax.inputs import Source
from bytewax.outputs import DynamicSink, Sink, StatelessSinkPartition
from common.aggregation import Change, Delta, add_up
from common.records import unpack
from common.steps import with_root
from common.trades import MalformedRecordError, Trade, decode_trade

from solutions.lambdas.ledger.stateful.map import difference

__all__ = ["LEVELS", "dataflow", "of_file"]

# As in the templates' `HierarchyLevels`.
LEVELS = ("RiskType", "TradeDesk", "Region")
Total = tuple[str, Delta]


def dataflow(
    source: Source[bytes], totals: Sink[Total], set_aside: Sink[str], levels: Sequence[str] = LEVELS
) -> Dataflow:
    """Return the job that reads records of a stream, and writes each total whenever it has changed.

    What is written is the total itself, not what was added to it: to write it again does no harm, so there is
    no ledger, and a table would take it with a plain PutItem. A path without live trades has 0 trades.
    """
    flow = Dataflow("totals")
    decoded = op.flat_map("decode", op.input("records", flow, source), partial(_decoded, levels))
    valid = op.branch("valid", decoded, _is_trade)
    op.output("set aside", valid.falses, set_aside)
    by_trade = op.key_on("by trade", valid.trues, lambda trade: trade.trade_id)
    changes = op.key_rm("changes", op.stateful_flat_map("state", by_trade, _newest))
    # Adds up what is at hand before it is sent on: the worker that has the Grand Total gets a few sums only.
    deltas = op.flat_map_batch("map", changes, _sums)
    op.output("totals", op.stateful_map("reduce", deltas, _add), totals)
    return flow


def of_file(path: str) -> Dataflow:
    """Return the job for a file with a message on each line; it prints every total that it writes."""
    return dataflow(FileSource(Path(path)), _Printed(), _Printed())


class _Line(StatelessSinkPartition[Any]):
    def write_batch(self, items: list[Any]) -> None:
        for item in items:
            print(item)


class _Printed(DynamicSink[Any]):
    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> _Line:
        return _Line()


def _decoded(levels: Sequence[str], data: bytes | str) -> Iterable[Trade | str]:
    """Yield the trades in a record; of a message that is none, the reason."""
    for message in unpack(data.encode() if isinstance(data, str) else data):
        try:
            yield decode_trade(message, levels)
        except MalformedRecordError as error:
            yield error.reason


def _is_trade(decoded: Trade | str) -> bool:
    return isinstance(decoded, Trade)


def _newest(stored: Trade | None, incoming: Trade) -> tuple[Trade | None, Iterable[Change]]:
    """Keep the newest version of a trade, as StateTable does; of equal versions, the first one."""
    if stored is not None and incoming.version <= stored.version:
        return stored, ()
    return incoming, (difference(stored, incoming),)


def _sums(changes: list[Change]) -> Iterable[Total]:
    """Return what these changes add to each total, as a row of ReduceTable does."""
    leaves = add_up(delta for change in changes for delta in change.deltas)
    return with_root(leaves).items()


def _add(total: Delta | None, added: Delta) -> tuple[Delta, Delta]:
    """Add to a total, as Reduce does; return it twice, to keep and to write."""
    total = added if total is None else total + added
    return total, total
