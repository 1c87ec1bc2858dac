"""Faults as a value: which failures are wanted, how often, and with which seed.

A plan is JSON on its way to a function's settings, to the offline cloud or into a file, and gives the same
faults whenever the same things happen in the same order. What a fault does is not known here: functions do
some of them to themselves, the offline cloud does the others.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from workshop.errors import ConfigurationError

__all__ = [
    "FUNCTION_KINDS",
    "NO_FAULTS",
    "PRESETS",
    "STAGES",
    "FaultKind",
    "FaultPlan",
    "stage_of",
]


class FaultKind(StrEnum):
    """What can go wrong; each has its own kind of opportunity."""

    # At a write of a function.
    CRASH_BEFORE = "crash_before"
    CRASH_AFTER = "crash_after"
    TIMEOUT = "timeout"
    KILLED = "killed"
    # At any call of a function to AWS.
    SLOW = "slow"
    THROTTLED = "throttled"
    DENIED = "denied"
    RESPONSE_LOST = "response_lost"
    # At a batch that has been delivered, whatever became of it.
    DUPLICATE = "duplicate"
    RE_BATCHED = "re_batched"
    BISECTED = "bisected"
    DELAYED = "delayed"
    # At a PutRecords call of a producer.
    PARTIAL_PUT = "partial_put"
    POISON = "poison"


# What a function can do to itself, so that it happens on AWS as well.
FUNCTION_KINDS = frozenset(
    {
        FaultKind.CRASH_BEFORE,
        FaultKind.CRASH_AFTER,
        FaultKind.TIMEOUT,
        FaultKind.KILLED,
        FaultKind.SLOW,
    }
)
# What only a function can do to itself: to crash in its own code. The offline cloud does the rest better.
INSIDE_ALONE = frozenset({FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER})
STAGES = ("producer", "state", "map", "reduce")
FUNCTION_SUFFIX = "lambda"


@dataclass(frozen=True)
class FaultPlan:
    """Which faults are wanted.

    `rates` gives the chance at each opportunity, by `kind` or `kind@stage`; the second beats the first. A
    kind alone means the stages of a pipeline; a function beside it is struck only by name.
    `strikes` names single opportunities, counted from one for each kind and stage: `crash_after@map#3`.
    `limit` bounds how often each kind happens by chance at each stage, so that the plan comes to an end.
    """

    seed: int = 1
    rates: Mapping[str, float] = field(default_factory=dict)
    strikes: tuple[str, ...] = ()
    limit: int | None = None

    def __post_init__(self) -> None:
        for name, rate in self.rates.items():
            _check_name(name)
            if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
                raise ConfigurationError(f"the rate of fault `{name}` is `{rate}`; give a chance from 0 to 1")
        for strike in self.strikes:
            name, _, number = strike.partition("#")
            _check_name(name)
            if "@" not in name or not number.isdecimal() or int(number) < 1:
                raise ConfigurationError(
                    f"`{strike}` names no single opportunity; write "
                    "`kind@stage#number`, for example `crash_after@map#1`"
                )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wanted."""
        return not self.strikes and not any(self.rates.values())

    def rate(self, kind: FaultKind, stage: str) -> float:
        """Return the chance of a kind at one opportunity of a stage."""
        anywhere = self.rates.get(kind, 0.0) if stage in STAGES else 0.0
        return float(self.rates.get(f"{kind}@{stage}", anywhere))

    def only(self, kinds: Iterable[FaultKind]) -> Self:
        """Return the part of the plan that concerns these kinds."""
        wanted = {str(kind) for kind in kinds}
        return replace(
            self,
            rates={name: rate for name, rate in self.rates.items() if name.partition("@")[0] in wanted},
            strikes=tuple(strike for strike in self.strikes if strike.partition("@")[0] in wanted),
        )

    def but_not(self, name: str) -> Self:
        """Return the plan without this kind at this stage (`kind@stage`)."""
        return replace(self, rates={**self.rates, name: 0.0})

    def inside_functions(self, *, offline: bool) -> Self:
        """Return what functions do to themselves: on AWS all that they can, offline what only they can."""
        return self.only(INSIDE_ALONE if offline else FUNCTION_KINDS)

    def in_the_cloud(self) -> Self:
        """Return what the offline cloud does."""
        return self.only(set(FaultKind) - INSIDE_ALONE)

    def document(self) -> dict[str, Any]:
        """Return the plan as a JSON object."""
        return {
            "seed": self.seed,
            "rates": dict(self.rates),
            "strikes": list(self.strikes),
            "limit": self.limit,
        }

    def to_json(self) -> str:
        """Return the plan as JSON text; equal plans give equal text."""
        return json.dumps(self.document(), sort_keys=True)

    @classmethod
    def from_document(cls, document: Any) -> Self:
        """Read a JSON object; what is left out has no effect.

        Raises:
            ConfigurationError: it is something else, or names what does not exist.
        """
        known = {"seed", "rates", "strikes", "limit"}
        if not isinstance(document, dict) or not document.keys() <= known:
            raise ConfigurationError(
                f"a fault plan is a JSON object with {', '.join(sorted(known))}, not `{document!r:.80}`"
            )
        seed, limit = document.get("seed", 1), document.get("limit")
        rates, strikes = document.get("rates", {}), document.get("strikes", [])
        if not isinstance(rates, dict) or not isinstance(strikes, list | tuple):
            raise ConfigurationError(
                "`rates` of a fault plan is an object of chances by kind and `strikes` a list of texts; "
                "see `workshop faults --help`"
            )
        if not _is_whole(seed) or not (limit is None or (_is_whole(limit) and limit >= 0)):
            raise ConfigurationError(
                "`seed` and `limit` of a fault plan are whole numbers, `limit` from 0 on"
            )
        return cls(seed, rates, tuple(str(strike) for strike in strikes), limit)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read JSON text; see `from_document`."""
        try:
            return cls.from_document(json.loads(text))
        except ValueError as error:
            raise ConfigurationError(f"a fault plan is JSON, and this is not: {error}") from error

    @classmethod
    def from_words(cls, words: Sequence[str], *, seed: int = 1) -> Self:
        """Read what a person writes: a preset, JSON, or `kind=rate` and `kind@stage=rate`.

        Raises:
            ConfigurationError: a word is none of these.
        """
        if len(words) == 1 and words[0] in PRESETS:
            return cls(seed, PRESETS[words[0]].rates, (), PRESETS[words[0]].limit)
        if len(words) == 1 and words[0].lstrip().startswith("{"):
            return cls.from_json(words[0])
        rates = {}
        for word in words:
            name, equals, rate = word.partition("=")
            if not equals:
                raise ConfigurationError(
                    f"`{word}` sets no fault; give one of {', '.join(PRESETS)}, JSON, or `kind=rate`, "
                    f"where a kind is one of {', '.join(FaultKind)}"
                )
            rates[name] = _number(name, rate)
        return cls(seed, rates)


def stage_of(function_name: str) -> str:
    """Return the stage that a function is: the last word of its name, without `Lambda`.

    >>> stage_of("trade-risk-stateful-MapLambda")
    'map'
    """
    return function_name.rpartition("-")[2].lower().removesuffix(FUNCTION_SUFFIX)


def _check_name(name: str) -> None:
    kind, at, stage = name.partition("@")
    if kind not in set(FaultKind):
        raise ConfigurationError(f"there is no fault `{kind}`; choose from {', '.join(FaultKind)}")
    if at and not stage:
        raise ConfigurationError(f"`{name}` names no stage behind `@`; choose from {', '.join(STAGES)}")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ConfigurationError(
            f"the rate of fault `{name}` is `{text}`; give a chance from 0 to 1"
        ) from error


NO_FAULTS = FaultPlan()

# Rates are chances at each opportunity, and State has one for every trade, Map and Reduce one for each batch.
PRESETS: Mapping[str, FaultPlan] = {
    "none": NO_FAULTS,
    "lab": FaultPlan(
        rates={
            "crash_before@state": 0.001,
            "crash_after@state": 0.001,
            "crash_before": 0.05,
            "crash_after": 0.1,
        }
    ),
    "all": FaultPlan(
        rates={
            "crash_before@state": 0.0005,
            "crash_before": 0.05,
            "crash_after@state": 0.0005,
            "crash_after": 0.08,
            "timeout@state": 0.0003,
            "timeout": 0.03,
            "killed@state": 0.0005,
            "killed": 0.05,
            "slow@state": 0.0002,
            "slow": 0.02,
            "throttled@state": 0.001,
            "throttled": 0.05,
            "denied@state": 0.0003,
            "denied": 0.02,
            "response_lost@producer": 0.05,
            "response_lost@state": 0.001,
            "response_lost": 0.06,
            "duplicate": 0.08,
            "re_batched": 0.08,
            "bisected": 0.06,
            "delayed": 0.03,
            "partial_put": 0.1,
            "poison": 0.1,
        },
        limit=10,
    ),
}
