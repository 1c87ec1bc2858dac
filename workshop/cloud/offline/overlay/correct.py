"""How moto is corrected: attributes of its classes and modules are replaced, remembered and can be put back.

`@corrects(Class, "name")` stands at the definition of a replacement and only registers it; nothing changes
until `overlay.apply` installs the module that the definition is in. A registry instead of plain assignments
keeps three promises: importing a correction has no effect, `plain_moto` can undo all of them, and two
corrections cannot silently replace each other.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

from workshop.clock import Clock, SystemClock

__all__ = ["CLOCK", "corrects", "install", "plain_moto"]

_Replacement = TypeVar("_Replacement", bound=Callable[..., Any])
_MISSING = object()


class CorrectionClock:
    """The clock that all corrections share; replacing it takes effect at once."""

    def __init__(self) -> None:
        self._clock: Clock = SystemClock()

    def use(self, clock: Clock) -> None:
        """Read the time from `clock` from now on."""
        self._clock = clock

    def now(self) -> float:
        """Return the time in Unix seconds."""
        return self._clock.now()

    def moment(self) -> datetime:
        """Return the time as moto stores it: UTC without a zone, whole milliseconds."""
        return _moment(int(self.now() * 1000))

    def second(self) -> datetime:
        """Return the same in whole seconds; the same object for all of a second."""
        return _second(int(self.now()))


# Many records of a request come within the same millisecond.
@lru_cache(maxsize=1)
def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).replace(tzinfo=None)


@lru_cache(maxsize=1)
def _second(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC).replace(tzinfo=None)


CLOCK = CorrectionClock()


@dataclass
class _Correction:
    """One attribute of moto, before and after."""

    owner: Any
    name: str
    replacement: Any
    module: str
    before: Any = _MISSING
    is_installed: bool = False

    def install(self) -> None:
        if not self.is_installed:
            # Only what the owner itself defines: an inherited attribute must reappear when this one goes.
            self.before = vars(self.owner).get(self.name, _MISSING)
            self.is_installed = True
        setattr(self.owner, self.name, self.replacement)

    def remove(self) -> None:
        if self.before is _MISSING:
            delattr(self.owner, self.name)
        else:
            setattr(self.owner, self.name, self.before)


_corrections: dict[tuple[Any, str], _Correction] = {}
# The server installs CloudFormation's corrections from a background thread.
_guard = threading.RLock()


def corrects(
    owner: Any, name: str, *, kind: Callable[[Any], Any] | None = None
) -> Callable[[_Replacement], _Replacement]:
    """Register the decorated function as the replacement of `owner.name`, a class's or module's attribute.

    `kind` turns the function into what moto has there (`property`, `staticmethod`, `classmethod`). The
    decorator returns the function as it was, so the module can call it as well.

    Raises:
        RuntimeError: another correction replaces this attribute; the later one would undo the earlier one.
    """

    def register(replacement: _Replacement) -> _Replacement:
        correction = _Correction(
            owner, name, kind(replacement) if kind else replacement, replacement.__module__
        )
        with _guard:
            if _corrections.setdefault((owner, name), correction) is not correction:
                raise RuntimeError(
                    f"two corrections replace `{owner.__name__}.{name}`; "
                    "put both into one module of the overlay"
                )
        return replacement

    return register


def install(module: str) -> None:
    """Put the corrections that a module defines in place; repeating this changes nothing."""
    with _guard:
        for correction in _corrections.values():
            if correction.module == module:
                correction.install()


@contextmanager
def plain_moto() -> Iterator[None]:
    """Take every correction out inside the block: for tests that compare with moto as it is."""
    with _guard:
        # The guard is held for the whole block, so that no installation in the background mixes both kinds.
        installed = [correction for correction in _corrections.values() if correction.is_installed]
        for correction in installed:
            correction.remove()
        try:
            yield
        finally:
            for correction in installed:
                correction.install()
