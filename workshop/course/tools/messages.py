"""`ws.messages`: messages to send, those that were sent, and what the totals must be after them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from workshop.course.tools.planned import planned
from workshop.errors import ConfigurationError
from workshop.pipeline.example import EXAMPLE_MESSAGES
from workshop.pipeline.messages import Message
from workshop.pipeline.producer.desk import desk_messages
from workshop.pipeline.truth import MessageCounts, Truth, count_messages
from workshop.settings import class_seed

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["MessageTools"]

PLACE = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}


class MessageTools:
    """Makes messages for `ws.send`, and tells what was sent; only `sent`, `counts` and `truth` read AWS."""

    def __init__(self, course: Course) -> None:
        self._course = course

    @property
    def example(self) -> dict[str, Message]:
        """The five messages of notebook 04, by name: `M1` to `M5`."""
        return dict(EXAMPLE_MESSAGES)

    def new(
        self,
        trade_id: str,
        value: Decimal | str,
        *,
        version: int = 1,
        hierarchy: Mapping[str, str] | None = None,
        cancelled: bool = False,
    ) -> Message:
        """Return one version of a trade; `value` in dollars, as a text such as `"75.00"`.

        `hierarchy` says where the trade belongs, by default to PV, FXSpot, EMEA.
        """
        place = PLACE if hierarchy is None else hierarchy
        if not isinstance(place, Mapping):
            raise ConfigurationError(f"`hierarchy` is a dict with a name for each level, such as {PLACE}")
        if isinstance(version, bool) or not isinstance(version, int):
            raise ConfigurationError(f"`version` is a whole number, not `{version!r}`")
        return Message(str(trade_id), _amount(value), version, dict(place), cancelled)

    def plan(self, count: int, **options: Any) -> list[Message]:
        """Return `count` made-up messages: the same ones for the same seed and options.

        Options are `seed`, and shares in percent: `duplicates`, `modify`, `out_of_order`, …, as `ws.send`
        takes them.
        """
        return list(planned(count, options, class_seed(self._course.home)).messages)

    def desk(self, name: str, count: int, *, version: int = 1) -> list[dict[str, Any]]:
        """Return messages as a desk would put them into the stream by hand: dicts, ready for JSON."""
        return desk_messages(name, count, version=version)

    def sent(self) -> list[Message]:
        """Return all messages since the pipeline was cleared, duplicates included."""
        return self._course.messages()

    def counts(self) -> MessageCounts:
        """Return what was sent in numbers: messages, trades, duplicates, newer versions, …."""
        return count_messages(self.sent())

    def truth(self, messages: Iterable[Message] | None = None) -> Truth:
        """Return what this pipeline's totals must be, worked out from messages alone: by default all sent.

        `totals` and `trades` map each path and `Grand Total` to dollars and to numbers of trades.
        """
        return self._course.target.truth_of(self.sent() if messages is None else messages)


def _amount(value: object) -> Decimal:
    """Return dollars; a float counts as it is written, since 0.1 is not the sum of powers of two."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ConfigurationError(f'`{value}` is no amount in dollars; write it as a text, such as "75.00"')
    return amount
