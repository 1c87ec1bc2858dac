"""What a person can set in the control room, as one value; an impossible change is refused in words."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from workshop.cloud.fault_plan import FaultKind
from workshop.errors import ConfigurationError

__all__ = ["LIMITS", "Controls"]

LIMITS: Mapping[str, tuple[float, float]] = {
    "rate": (1, 10_000),
    "messages": (1, 1_000_000),
    "duplicates": (0, 90),
    "modify": (0, 90),
    "out_of_order": (0, 100),
    "seed": (0, 10**9),
    "batch_size": (1, 10_000),
}
PERCENT = ("duplicates", "modify", "out_of_order")
WORDS = {
    "rate": "{:g} messages a second",
    "messages": "{:,} messages",
    "duplicates": "duplicates {:g} %",
    "modify": "newer versions {:g} %",
    "out_of_order": "out of order {:g} %",
    "seed": "seed {}",
    "batch_size": "batches of {:,}",
}


@dataclass(frozen=True)
class Controls:
    """Where every control stands: messages a second, percents, and the chance of each fault from 0 to 1."""

    rate: float = 100
    messages: int = 1_000
    duplicates: float = 0
    modify: float = 0
    out_of_order: float = 0
    seed: int = 1
    batch_size: int | None = None
    faults: Mapping[str, float] = field(default_factory=dict)

    def changed(self, name: str, value: Any) -> Self:
        """Return the controls with one of them set.

        Raises:
            ConfigurationError: there is no such control, or it cannot be set to that.
        """
        if name == "faults":
            return replace(self, faults={**self.faults, **_chances(value)})
        if name not in LIMITS:
            raise ConfigurationError(
                f"there is no control `{name}`; there are {', '.join(LIMITS)} and faults"
            )
        return replace(self, **{name: _number(name, value)})

    def told(self, name: str) -> str:
        """Return what a mark says of one control but the faults: `duplicates 10 %`."""
        return WORDS[name].format(getattr(self, name))

    def document(self) -> dict[str, Any]:
        """Return the controls as a JSON object; one that cannot be set is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def _number(name: str, value: Any) -> Any:
    low, high = LIMITS[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigurationError(f"`{name}` is a number from {low:,} to {high:,}, not {value!r}")
    return float(value) if name in {"rate", *PERCENT} else int(value)


def _chances(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f'`faults` is a dict such as {{"crash_after": 0.1}}, not {value!r}')
    chances = {}
    for kind, chance in value.items():
        if kind not in set(FaultKind):
            raise ConfigurationError(f"there is no fault `{kind}`; there are {', '.join(FaultKind)}")
        if isinstance(chance, bool) or not isinstance(chance, int | float) or not 0 <= chance <= 1:
            raise ConfigurationError(f"the chance of `{kind}` is a number from 0 to 1, not {chance!r}")
        chances[str(kind)] = float(chance)
    return chances
