"""How a correction is put in place: one assignment on a class or module of moto, remembered and reversible.

No two corrections may replace the same attribute, since the later one would silently undo the earlier one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from workshop.clock import Clock, SystemClock

__all__ = ["CLOCK", "correct", "plain_moto"]

_MISSING = object()


class CorrectionClock:
    """The clock that all corrections share; replacing it takes effect at once."""

    def __init__(self) -> None:
        self._clock: Clock = SystemClock()

    def use(self, clock: Clock) -> None:
        """Read the time from `clock` from now on."""
        self._clock = clock

    def now(self) -> float:
        """Return the time in unix seconds."""
        return self._clock.now()

    def moment(self) -> datetime:
        """Return the time as moto stores it: UTC without a zone, whole milliseconds."""
        return datetime.fromtimestamp(int(self.now() * 1000) / 1000, tz=UTC).replace(tzinfo=None)


CLOCK = CorrectionClock()


class _Replaced:
    """One attribute of moto: what it was, what it is now."""

    def __init__(self, owner: Any, name: str, replacement: Any) -> None:
        self.owner = owner
        self.name = name
        self.replacement = replacement
        self.before = vars(owner).get(name, _MISSING)

    def install(self) -> None:
        setattr(self.owner, self.name, self.replacement)

    def remove(self) -> None:
        if self.before is _MISSING:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.before)


_replaced: dict[tuple[int, str], _Replaced] = {}
_guard = threading.RLock()


def correct(owner: Any, name: str, replacement: Any) -> None:
    """Replace attribute `name` of moto's class or module `owner`; repeating the same call changes nothing.

    Raises:
        RuntimeError: another correction has replaced this attribute.
    """
    with _guard:
        known = _replaced.get((id(owner), name))
        if known is None:
            known = _replaced[id(owner), name] = _Replaced(owner, name, replacement)
        elif known.replacement is not replacement:
            raise RuntimeError(
                f"two corrections replace `{owner.__name__}.{name}`; put both into one module of the overlay"
            )
        known.install()


@contextmanager
def plain_moto() -> Iterator[None]:
    """Take every correction out inside the block: for tests that compare with moto as it is."""
    with _guard:
        for replaced in _replaced.values():
            replaced.remove()
        try:
            yield
        finally:
            for replaced in _replaced.values():
                replaced.install()
