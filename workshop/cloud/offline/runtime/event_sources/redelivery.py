"""How a batch comes again, where something else than the mapping's settings decides about it.

AWS promises to deliver each record at least once, and says nothing about how records are grouped when they
come again. A rule set here may therefore replace any decision about a batch. There is one rule per process,
as there is one set of backends; without it, every decision stands.
"""

from collections.abc import Callable

from workshop.cloud.offline.runtime.event_sources.batch_slots import Batch
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import Decision

__all__ = ["Rule", "redelivered", "use_rule"]

# From a decision, the batch, its mapping and the time to the decision that is carried out.
Rule = Callable[[Decision, Batch, Mapping, float], Decision]

_RULES: list[Rule] = []


def use_rule(rule: Rule | None) -> None:
    """Let this rule, or none, decide from now on."""
    _RULES[:] = [rule] if rule is not None else []


def redelivered(decision: Decision, batch: Batch, mapping: Mapping, now: float) -> Decision:
    """Return the decision that is carried out."""
    # A list of at most one, so that a rule can be exchanged without a global statement.
    for rule in _RULES:
        return rule(decision, batch, mapping, now)
    return decision
