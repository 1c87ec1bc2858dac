"""Names the trade behind wrong totals: what a diagnosis says, put into a sentence or two. Pure.

Where many trades are wrong, the one with the largest difference stands for them, and the others are counted.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from workshop.diagnosis import (
    BatchElement,
    Cause,
    CauseKind,
    Confidence,
    Diagnosis,
    RowElement,
    TradeElement,
)
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import format_amount

__all__ = ["named_trade"]

# Where one version counts in the place of another; elsewhere it counts beside it.
IN_ITS_PLACE = {
    CauseKind.STALE_VERSION,
    CauseKind.CONFLICT,
    CauseKind.MESSAGE_LOST,
    CauseKind.DUPLICATE_COUNTED,
}


def named_trade(
    diagnosis: Diagnosis,
    sent: Sequence[Message],
    lanes: Sequence[Sequence[int]] | None,
    *,
    is_stateful: bool = True,
) -> tuple[str | None, str]:
    """Return the trade with the largest difference, None if nobody knows one, and what is to be said.

    `sent` is everything in order of arrival, and `lanes` the places of each shard's messages in it. With
    `is_stateful`, a newer version takes the place of an older one; else every message adds to the totals.
    """
    # What was stored wrongly names its trades, also where no known fault explains it.
    causes = [each for each in diagnosis.causes if each.kind is not CauseKind.UNKNOWN or each.elements]
    if not causes:
        return None, "The trade is unknown: several faults may have come together."
    # A certain cause first; of two, what is known of trades goes before what is known of rows.
    trades_of = {
        id(each): dict(sorted(_trades(each, sent, lanes, is_stateful=is_stateful), key=lambda off: off[1]))
        for each in causes
    }
    cause = min(causes, key=lambda each: (not _is_sure(each), not trades_of[id(each)]))
    trades = trades_of[id(cause)]
    head = f"{cause.kind.value.capitalize()} ({cause.confidence})"
    if not trades:
        return None, f"{head}: {cause.sentence}"
    trade = max(trades, key=lambda name: trades[name])
    if len(trades) == 1 and all(isinstance(each, TradeElement) for each in cause.elements):
        return trade, cause.sentence if _is_sure(cause) else f"{head}: {cause.sentence}"
    others = len(trades) - 1
    more = f", and {others:,} more trade{'' if others == 1 else 's'}" if others else ""
    amount = format_amount(trades[trade], grouped=True)
    return trade, f"{head}: trade `{trade}` ({amount}){more}."


def _is_sure(cause: Cause) -> bool:
    return cause.confidence is Confidence.CERTAIN and not cause.others


def _trades(
    cause: Cause, sent: Sequence[Message], lanes: Sequence[Sequence[int]] | None, *, is_stateful: bool
) -> Iterator[tuple[str, Decimal]]:
    """Yield the trades of a cause, each with how much is too much or too little through it at the most."""
    values: dict[tuple[str, int], Decimal] = {}
    for each in sent:
        # Of several contents of one version, the first is right.
        values.setdefault((each.trade_id, each.version), each.value)
    for element in cause.elements:
        match element:
            case TradeElement():
                other = values.get((element.trade_id, element.instead_of or 0), Decimal(0))
                off_by = element.value - (other if cause.kind in IN_ITS_PLACE else 0)
                yield element.trade_id, abs(off_by) * max(1, element.counted - 1)
            case BatchElement():
                yield from _of_batch(element, sent, _lane(element, lanes, sent), is_stateful=is_stateful)
            # Of a row that is wrong in an unknown way, nobody knows which of its trades is to blame.
            case RowElement() if cause.kind is not CauseKind.UNKNOWN or len(element.trades) == 1:
                yield from element.trades


def _of_batch(
    batch: BatchElement, sent: Sequence[Message], lane: Sequence[int], *, is_stateful: bool
) -> Iterator[tuple[str, Decimal]]:
    """Yield the trades of a batch, each with how much its messages together change the totals."""
    newest: dict[str, Message] = {}
    changes: dict[str, Decimal] = {}
    for place in lane:
        message = sent[place]
        before = newest.get(message.trade_id) if is_stateful else None
        if before is not None and message.version <= before.version:
            continue
        newest[message.trade_id] = message
        if batch.first <= place + 1 <= batch.last:
            change = _amount(message) - _amount(before)
            changes[message.trade_id] = changes.get(message.trade_id, Decimal(0)) + change
    yield from ((trade, abs(change)) for trade, change in changes.items())


def _amount(message: Message | None) -> Decimal:
    return Decimal(0) if message is None or message.cancelled else message.value


def _lane(
    batch: BatchElement, lanes: Sequence[Sequence[int]] | None, sent: Sequence[Message]
) -> Sequence[int]:
    return lanes[batch.shard] if lanes is not None and batch.shard < len(lanes) else range(len(sent))
