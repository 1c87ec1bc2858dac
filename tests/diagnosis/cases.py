"""What the tests of the diagnosis share: planted cases, views on the evidence, and who is right."""

from collections.abc import Sequence
from dataclasses import replace

from tests.diagnosis.pipeline_model import Model, Outcome, Planted
from tests.diagnosis.planting import Plant
from workshop.diagnosis import Diagnosis, Evidence, diagnose

# What a caller could read beside the totals: nothing, StateTable, ReduceTable, or both.
VIEWS = ("nothing", "state", "rows", "both")


def plant(model: Model, plants: Sequence[Plant]) -> tuple[list[Planted], Outcome]:
    planted = [each(model) for each in plants]
    return planted, model.run()


def seen(outcome: Outcome, view: str, planted: Sequence[Planted] = ()) -> Evidence:
    """Return the part of the evidence that a view offers; whether records are pending is known or not."""
    waiting = any("in flight" in fault.name for fault in planted)
    return replace(
        outcome.evidence,
        state=outcome.evidence.state if view in ("state", "both") else None,
        reduce=outcome.evidence.reduce if view in ("rows", "both") else None,
        pending=None if waiting else 0,
    )


def diagnosis_of(model: Model, outcome: Outcome, evidence: Evidence | None = None) -> Diagnosis:
    pipeline = "stateful" if model.stateful else "stateless"
    return diagnose(model.sent, outcome.snapshot, pipeline=pipeline, evidence=evidence)
