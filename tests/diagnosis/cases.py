"""What the tests of the diagnosis share: planted cases, views on the evidence, and how long they may take."""

import os
from collections.abc import Sequence
from dataclasses import replace

from tests.diagnosis.pipeline_model import Model, Outcome, Planted
from tests.diagnosis.planting import Plant
from workshop.diagnosis import CauseKind, Diagnosis, Evidence, diagnose

# What a caller could read beside the totals; `everything` is both tables and the stream that Map reads.
VIEWS = ("nothing", "state", "rows", "tables", "everything")
IS_LONG = os.environ.get("WORKSHOP_LONG_TESTS") == "1"


def plant(model: Model, plants: Sequence[Plant]) -> tuple[list[Planted], Outcome]:
    planted = [each(model) for each in plants]
    return planted, model.run()


def seen(outcome: Outcome, view: str, planted: Sequence[Planted] = ()) -> Evidence:
    """Return the part of the evidence that a view offers; whether records are pending is known or not."""
    waiting = any(CauseKind.IN_FLIGHT in fault.kinds for fault in planted)
    return replace(
        outcome.evidence,
        state=outcome.evidence.state if view in ("state", "tables", "everything") else None,
        reduce=outcome.evidence.reduce if view in ("rows", "tables", "everything") else None,
        records=outcome.evidence.records if view == "everything" else None,
        pending=None if waiting else 0,
    )


def diagnosis_of(model: Model, outcome: Outcome, evidence: Evidence | None = None) -> Diagnosis:
    pipeline = "stateful" if model.stateful else "stateless"
    return diagnose(model.sent, outcome.snapshot, pipeline=pipeline, evidence=evidence)


def is_found_first(model: Model, fault: Planted, outcome: Outcome, view: str) -> bool:
    """Whether the first cause is the planted fault, with its trade, messages or rows."""
    causes = diagnosis_of(model, outcome, seen(outcome, view, [fault])).causes
    return fault.is_named_by(causes[0])


def name_of(parameter: object) -> str:
    """Return what a test case is called after one of its parameters."""
    return getattr(parameter, "__name__", str(parameter))
