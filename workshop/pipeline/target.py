"""A deployed pipeline as its producer and its front end see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workshop.deploy.finding import describe, find_stack
from workshop.pipeline.messages import DEFAULT_LEVELS
from workshop.pipeline.truth import DEFAULT_ORDER, RiskMessage, Truth, stateful_truth, stateless_truth

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["Target", "find_target"]


@dataclass(frozen=True)
class Target:
    """Where messages go and totals come from; `order` names the levels of the roll-up, top first.

    `alarm_topic` is the ARN of whom its alarms tell, empty if nobody.
    """

    stack: str
    pipeline: str
    outputs: Mapping[str, str]
    order: tuple[str, ...] = DEFAULT_ORDER
    alarm_topic: str = ""

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        """The names that generated messages may carry at each level; unknown levels get plain ones."""
        return {
            level: DEFAULT_LEVELS.get(level, tuple(f"{level} {number}" for number in (1, 2, 3)))
            for level in self.order
        }

    def truth_of(self, messages: Iterable[RiskMessage]) -> Truth:
        """Return the totals that this kind of pipeline must reach with these messages alone."""
        truth = stateless_truth if self.pipeline == "stateless" else stateful_truth
        return truth(messages, self.order)


def find_target(cloud: Cloud, stack: str) -> Target:
    """Return a deployed pipeline.

    Raises:
        StackNotFoundError: no such stack is there.
    """
    found = find_stack(cloud, stack)
    described = describe(cloud, found.name) or {}
    parameters = {row["ParameterKey"]: row["ParameterValue"] for row in described.get("Parameters", [])}
    order = tuple(filter(None, parameters.get("HierarchyLevels", "").split(",")))
    topic = parameters.get("AlarmTopicArn", "")
    return Target(found.name, found.pipeline, found.outputs, order or DEFAULT_ORDER, topic)
