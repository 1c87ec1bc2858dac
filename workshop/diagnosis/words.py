"""Puts a diagnosis into words for somebody who learns how the pipeline works.

The sentences say what was observed, not which line of code to change: finding that is the exercise.
"""

from collections.abc import Sequence

from workshop.diagnosis.values import (
    WAIT,
    BatchElement,
    Cause,
    CauseKind,
    CellElement,
    Element,
    RowElement,
    Stage,
    TradeElement,
)
from workshop.pipeline.compare_with_truth import Difference
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL

__all__ = ["sentence_of", "summary_of"]

SHOWN = 3
# So many candidates were found when the search was broken off: there may be more.
MANY = 50
TIMES = {0: "not at all", 1: "once", 2: "twice"}
UNEXPLAINED = "No single fault explains this to the cent; several may have come together."
UNREAD = "With StateTable and ReduceTable as evidence, each stage could be looked at on its own."

# What is said of one trade, of one batch or row, and once at the end.
OF_TRADE = {
    CauseKind.DUPLICATE_COUNTED: "{trade} was sent {sent} and counts {counted}",
    CauseKind.STALE_VERSION: "{trade} stands, although version {other} was sent as well",
    CauseKind.OLD_VALUE_KEPT: "{trade} still counts beside version {other}, which replaced it",
    CauseKind.CANCELLED_COUNTED: "{trade} counts, although version {other} cancelled the trade",
    CauseKind.CONFLICT: "{trade} counts, although other content came first with the same version",
    CauseKind.MESSAGE_LOST: "{trade} was sent {sent} and counts {counted}",
    CauseKind.UNKNOWN: "{trade} stands in StateTable, but was never sent like this",
}
OF_BATCH = {
    CauseKind.BATCH_LOST: "{batch} never reached the totals",
    CauseKind.MAP_BATCH_TWICE: "{batch} came into ReduceTable {counted}",
    CauseKind.DOUBLE_REDUCE: "{batch} was added {counted}",
    CauseKind.IN_FLIGHT: "{batch} came last, and so far reached no total",
    CauseKind.TORN_TOTAL: "{batch} was added to some of its cells {counted}, to the others once",
    CauseKind.UNKNOWN: "{batch} is not the sum of the records that it was made from",
}
IN_THE_END = {
    CauseKind.IN_FLIGHT: f"All that came before them is there{WAIT}",
    CauseKind.TORN_TOTAL: "Each total must be the sum of those below it after every commit.",
}
# Why it is known at which stage a fault happened.
WHERE = {
    Stage.STATE: "StateTable shows it.",
    Stage.MAP: "The rows of ReduceTable show it.",
    Stage.REDUCE: "The rows of ReduceTable are right: it happened while they were added to the totals.",
}


def sentence_of(
    kind: CauseKind, elements: Sequence[Element], *, stage: Stage | None = None, one_of: int = 1
) -> str:
    """Return what was observed, for one cause."""
    told = _listed([_told(kind, element) for element in elements])
    sentences = [f"{_capitalised(told)}." if told else UNEXPLAINED]
    if one_of > 1:
        count = f"{MANY} or more" if one_of >= MANY else str(one_of)
        sentences.append(f"This is one of {count} candidates that fit equally well.")
    if kind in IN_THE_END:
        sentences.append(IN_THE_END[kind])
    if stage is not None:
        sentences.append(WHERE[stage])
    elif not told:
        sentences.append(UNREAD)
    return " ".join(sentences)


def summary_of(cells: Sequence[Difference], causes: Sequence[Cause], alternatives: Sequence[Cause]) -> str:
    """Return the whole diagnosis as a short text: what is wrong, why, and what else it could be."""
    if not cells and not causes:
        return "Nothing is wrong: every total and every number of trades is exact."
    lines = [_wrong_cells(cells)]
    lines += [
        f"{_capitalised(cause.kind.value)} ({cause.confidence.value}): {cause.sentence}" for cause in causes
    ]
    others = dict.fromkeys(cause.kind.value for cause in alternatives)
    if others:
        lines.append(f"The same numbers could also come from: {', '.join(others)}.")
    return "\n".join(lines)


def _told(kind: CauseKind, element: Element) -> str:
    match element:
        case TradeElement():
            return _told_of_trade(kind, element)
        case BatchElement() | RowElement():
            return OF_BATCH[kind].format(batch=_named(element), counted=_times(element.counted))
        case CellElement():
            return _told_of_cell(kind, element)


def _told_of_trade(kind: CauseKind, trade: TradeElement) -> str:
    value = format_amount(trade.value, grouped=True)
    name = f"version {trade.version} of trade `{trade.trade_id}` ({value} in `{trade.path}`)"
    if kind is CauseKind.DUPLICATE_COUNTED and trade.instead_of is not None:
        return f"{name} replaced version {trade.instead_of} {_times(trade.counted)}"
    if kind is CauseKind.CANCELLED_COUNTED and trade.instead_of == trade.version:
        return f"{name} cancelled the trade, and counts as a live one"
    if kind is CauseKind.OLD_VALUE_KEPT and trade.instead_of == trade.version:
        return f"{name} still counts beside other content of the same version, which replaced it"
    return OF_TRADE[kind].format(
        trade=name, sent=_times(trade.sent), counted=_times(trade.counted), other=trade.instead_of
    )


def _told_of_cell(kind: CauseKind, cell: CellElement) -> str:
    if kind is CauseKind.UNKNOWN:
        return f"no message that was sent belongs to `{cell.path}`"
    # A total may be right in amount and torn in its trades alone.
    amount = format_amount(cell.amount.copy_abs(), grouped=True)
    beyond = f"is {amount}" if cell.amount else f"has {_trades(cell.trades)}"
    direction = "less" if (cell.amount or cell.trades) < 0 else "more"
    return f"`{cell.path}` {beyond} {direction} than its children together"


def _named(element: BatchElement | RowElement) -> str:
    if isinstance(element, RowElement):
        records = "record" if element.message_count == 1 else "records"
        return f"row `{element.message_hash}` (made from {element.message_count:,} {records})"
    if element.messages == 1:
        return f"message number {element.first:,}, of shard {element.shard},"
    return (
        f"{element.messages:,} messages of shard {element.shard}, "
        f"among numbers {element.first:,} to {element.last:,} of all that was sent,"
    )


def _wrong_cells(cells: Sequence[Difference]) -> str:
    paths = {cell.path for cell in cells}
    parents = {path.rpartition(":")[0] or GRAND_TOTAL for path in paths if path != GRAND_TOTAL}
    deepest = [cell for cell in cells if cell.path not in parents]
    shown = _listed([_wrong_cell(cell) for cell in deepest])
    above = len(cells) - len(deepest)
    return f"{shown}. {above} of the totals above are wrong as well." if above else f"{shown}."


def _wrong_cell(cell: Difference) -> str:
    text = f"`{cell.path}` is right in amount"
    if cell.amount:
        large = "too large" if cell.amount > 0 else "too small"
        text = f"`{cell.path}` is {format_amount(cell.amount.copy_abs(), grouped=True)} {large}"
    surplus = 0 if cell.found_trades is None else cell.found_trades - cell.expected_trades
    if surplus:
        text += f", with {_trades(surplus)} too {'many' if surplus > 0 else 'few'}"
    return text


def _listed(texts: Sequence[str]) -> str:
    more = [f"and {len(texts) - SHOWN:,} more"] if len(texts) > SHOWN else []
    return "; ".join([*texts[:SHOWN], *more])


def _times(count: int) -> str:
    return TIMES.get(count, f"{count:,} times")


def _trades(count: int) -> str:
    return "1 trade" if abs(count) == 1 else f"{abs(count):,} trades"


def _capitalised(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
