"""The logging of a handler that runs inside this process: loggers of its own, which write into its own log.

As in an environment with a process, the root logger writes what Lambda's does, and what a handler does to
levels, handlers and loggers reaches nobody else; names of levels and factories of records are the process's.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

from workshop.clock import Clock
from workshop.cloud.offline.runtime.environments.bootstrap import LOG_FORMAT, LambdaLogFormatter

__all__ = ["OwnLogging", "logging_mark"]

OF_THE_CLOUD = "workshop."


class _Formatter(LambdaLogFormatter):
    """Lambda's format, with the time of the handler's clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(LOG_FORMAT, "%Y-%m-%dT%H:%M:%S")
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        record.created = self._clock.now()
        record.msecs = int(record.created * 1000) % 1000
        return super().format(record)


class _Lines(logging.StreamHandler[TextIO]):
    """Writes into the handler's log, except for what the cloud says, which is for this process."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.setFormatter(_Formatter(clock))
        self.others: list[logging.Handler] = []

    def handle(self, record: logging.LogRecord) -> Any:
        if not record.name.startswith(OF_THE_CLOUD):
            return super().handle(record)
        return [other.handle(record) for other in self.others if record.levelno >= other.level]


@dataclass
class _Loggers:
    """The root logger's state, and the other loggers by name."""

    handlers: list[logging.Handler]
    filters: list[Any] = field(default_factory=list)
    level: int = logging.WARNING
    disabled: bool = False
    disable: int = 0
    by_name: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def in_force(cls) -> "_Loggers":
        root, manager = logging.root, logging.root.manager
        return cls(
            root.handlers, root.filters, root.level, root.disabled, manager.disable, manager.loggerDict
        )

    def put(self) -> None:
        """Be those in force."""
        root, manager = logging.root, logging.root.manager
        thresholds = (root.level, manager.disable)
        root.handlers, root.filters, root.level = self.handlers, self.filters, self.level
        root.disabled, manager.disable = self.disabled, self.disable
        if thresholds != (self.level, self.disable):
            # Loggers remember what they need not write: those of libraries, which both have, must forget it.
            for names in (manager.loggerDict, self.by_name):
                manager.loggerDict = names
                manager._clear_cache()  # type: ignore[attr-defined]  # noqa: SLF001 # no other way
        manager.loggerDict = self.by_name


def logging_mark() -> tuple[object, ...]:
    """Return what changes when a module sets up logging while it is loaded."""
    manager = logging.root.manager
    return manager.disable, *map(_state, (logging.root, *manager.loggerDict.values()))


def _state(logger: Any) -> object:
    """Return what somebody has set of a logger, nothing of one that was only asked for."""
    if not isinstance(logger, logging.Logger):  # stands for the parent of some that were asked for
        return ()
    parts = (logger.level, logger.disabled, not logger.propagate, *logger.handlers, *logger.filters)
    return (logger.name, *parts) if any(parts) else ()


class OwnLogging:
    """What one handler has made of logging, from one invocation to the next."""

    def __init__(self, clock: Clock) -> None:
        self._lines = _Lines(clock)
        self._loggers = _Loggers([self._lines])

    @contextmanager
    def in_place(self, output: TextIO, request_id: str) -> Iterator[None]:
        """Be the logging of this process while a handler runs; its lines go to `output`."""
        # A handler may invoke another one, and log again afterwards.
        before, of_caller = _Loggers.in_force(), LambdaLogFormatter.request_id
        self._lines.stream, LambdaLogFormatter.request_id = output, request_id
        self._lines.others = before.handlers
        self._loggers.put()
        try:
            yield
        finally:
            self._loggers = _Loggers.in_force()
            before.put()
            LambdaLogFormatter.request_id = of_caller
