"""The truth of a run that goes on: kept up to date message by message, and equal to the truth of them all.

Beside the totals it knows how many trades each path can have at most, whatever has arrived so far: a path
that shows more is wrong for certain, also while messages are on their way.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from workshop.pipeline.truth import DEFAULT_ORDER, EXACT, GRAND_TOTAL, RiskMessage, Truth, roll_up_paths

__all__ = ["RunningTruth"]

Paths = tuple[str, ...]


class RunningTruth:
    """What the totals must be after all messages that were added, in the order in which they were added.

    The messages of a trade are to be added in their order; trades may be mixed in any way.
    """

    def __init__(self, *, is_stateful: bool, order: Sequence[str] = DEFAULT_ORDER) -> None:
        self._is_stateful = is_stateful
        self._order = order
        self._newest: dict[str, RiskMessage] = {}
        self._seen: dict[str, set[str]] = {}
        self._paths_once: dict[Paths, Paths] = {}
        self._totals: dict[str, Decimal] = {GRAND_TOTAL: Decimal("0.00")}
        self._trades: dict[str, int] = {GRAND_TOTAL: 0}
        self.messages = 0
        self.most_trades: dict[str, int] = {}

    def add(self, messages: Iterable[RiskMessage]) -> None:
        """Take in messages."""
        for message in messages:
            self.messages += 1
            if not self._is_stateful:
                self._count(message, 1)
                self._note_stateless(message)
                continue
            self._note(message)
            known = self._newest.get(message.trade_id)
            if known is None or message.version > known.version:
                self._newest[message.trade_id] = message
                if known is not None:
                    self._count(known, -1)
                self._count(message, 1)

    @property
    def truth(self) -> Truth:
        """The totals as they must be."""
        leaves = frozenset(path for path in self._totals if path.count(":") == len(self._order) - 1)
        return Truth(dict(self._totals), dict(self._trades), leaves - {GRAND_TOTAL})

    def _paths(self, message: RiskMessage) -> Paths:
        paths = (*roll_up_paths(message.hierarchy, self._order), GRAND_TOTAL)
        # There are few paths and many trades: all share the same text.
        return self._paths_once.setdefault(paths, paths)

    def _count(self, message: RiskMessage, times: int) -> None:
        if message.cancelled:
            return
        amount = message.value if times > 0 else EXACT.minus(message.value)
        for path in self._paths(message):
            self._totals[path] = EXACT.add(self._totals.get(path, Decimal(0)), amount)
            self._trades[path] = self._trades.get(path, 0) + times
            if not self._trades[path] and path != GRAND_TOTAL:
                del self._totals[path], self._trades[path]

    def _note(self, message: RiskMessage) -> None:
        """Count the trade at each path where it has not been before."""
        if message.cancelled:
            return
        seen = self._seen.setdefault(message.trade_id, set())
        for path in self._paths(message):
            if path not in seen:
                seen.add(path)
                self.most_trades[path] = self.most_trades.get(path, 0) + 1

    def _note_stateless(self, message: RiskMessage) -> None:
        for path in () if message.cancelled else self._paths(message):
            self.most_trades[path] = self.most_trades.get(path, 0) + 1
