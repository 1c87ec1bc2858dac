"""Failures on purpose: what a function does to itself at a write if the settings of its stack ask for it.

`workshop faults` keeps a fault plan in ParameterTable. Depending on it, a write fails before or after it is
done, is slow, waits until the function times out, or ends the process; a correct pipeline stays correct. The
chances follow from the plan's seed, the stage and the execution environment, which draws anew when it starts.
A plan can also name writes at which DynamoDB is busy, `{"strikes": ["busy@state#3"]}`, counted since the
environment read the plan.
"""

import json
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

__all__ = ["Faults", "InjectedBusyError", "InjectedFaultError"]

# How long an environment trusts what it has read; a change of the settings shows after as long.
SECONDS_TO_TRUST = 1.0
SLOW_SECONDS = 2.0
# No function of Lambda runs longer.
LONGEST_SECONDS = 900.0
KINDS = ("slow", "timeout", "killed", "crash_before", "crash_after")
# What strikes before the write, what after it; the others do either.
BEFORE = frozenset({"slow", "crash_before"})
AFTER = frozenset({"crash_after"})


class InjectedFaultError(RuntimeError):
    """The settings asked for this failure; nothing else is wrong."""


class InjectedBusyError(InjectedFaultError):
    """The settings asked for DynamoDB to be busy at this write."""


@dataclass(slots=True)
class Faults:
    """What may happen at the writes of this execution environment.

    `read` returns the plan's text or None; it is called once a second at most, and only for writes.
    """

    read: Callable[[], str | None]
    stage: str
    environment: str = ""
    rates: Mapping[str, float] = field(default_factory=dict)
    limit: float = math.inf
    random: Random = field(default_factory=Random)
    met: Counter[str] = field(default_factory=Counter)
    strikes: frozenset[str] = frozenset()
    writes: int = 0
    text: str | None = None
    read_at: float = -math.inf
    armed: str = ""

    def before_write(self) -> None:
        """Fail with the chances of the plan; what is to strike after the write is only made ready.

        May also block for seconds or minutes, or end the process.

        Raises:
            InjectedFaultError: the plan wants a crash here.
            InjectedBusyError: the plan wants DynamoDB to be busy at this write.
        """
        if time.monotonic() - self.read_at >= SECONDS_TO_TRUST:
            self._refresh()
        self.armed = ""
        self.writes += 1
        if f"busy@{self.stage}#{self.writes}" in self.strikes:
            self._fail("busy")
        for kind in KINDS:
            if self._draws(kind) and not self.armed:
                if kind in AFTER or (kind not in BEFORE and self.random.random() < 0.5):
                    self.armed = kind
                else:
                    self._fail(kind)

    def after_write(self) -> None:
        """Fail now that the write is done, if that was made ready, in the ways of `before_write`."""
        if self.armed:
            self._fail(self.armed)

    def _refresh(self) -> None:
        text = self.read()
        self.read_at = time.monotonic()
        if text != self.text:
            self.text = text
            plan = _parse(text)
            limit = plan.get("limit")
            self.rates = _rates(plan, self.stage)
            self.limit = limit if isinstance(limit, int) else math.inf
            self.random = Random(f"{plan.get('seed')}/{self.stage}/{self.environment}")
            self.strikes, self.writes = _strikes(plan), 0
            self.met.clear()

    def _draws(self, kind: str) -> bool:
        rate = self.rates.get(kind, 0.0)
        return rate > 0 and self.met[kind] < self.limit and self.random.random() < rate

    def _fail(self, kind: str) -> None:
        self.met[kind] += 1
        # The line tells whoever reads the log that this failure was wanted; the offline cloud counts it.
        print(json.dumps({"stage": self.stage, "fault": kind}), flush=True)
        if kind == "slow":
            time.sleep(SLOW_SECONDS)
        elif kind == "timeout":
            time.sleep(LONGEST_SECONDS)
        elif kind == "killed":
            os._exit(1)
        elif kind == "busy":
            raise InjectedBusyError("the fault plan asked for a DynamoDB that is busy at this write")
        else:
            raise InjectedFaultError(f"the fault plan asked for `{kind}` here; `workshop faults` changes it")


def _parse(text: str | None) -> dict[str, Any]:
    """Return the plan, or an empty one: settings that cannot be read must not stop a pipeline."""
    try:
        plan = json.loads(text or "{}")
    except ValueError:
        plan = None
    if not isinstance(plan, dict) or not isinstance(plan.get("rates", {}), dict):
        print(json.dumps({"ignored": "the setting `faults` is no fault plan"}))
        return {}
    return plan


def _strikes(plan: Mapping[str, Any]) -> frozenset[str]:
    strikes = plan.get("strikes", ())
    return frozenset(str(each) for each in strikes) if isinstance(strikes, list) else frozenset()


def _rates(plan: Mapping[str, Any], stage: str) -> dict[str, float]:
    """Return the chance of each kind at this stage; what is set for `kind@stage` beats `kind`."""
    rates = plan.get("rates", {})
    found = {kind: rates.get(f"{kind}@{stage}", rates.get(kind, 0.0)) for kind in KINDS}
    return {kind: float(rate) for kind, rate in found.items() if isinstance(rate, int | float)}
