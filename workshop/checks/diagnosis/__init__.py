"""Why the totals are wrong: `diagnose` compares what was sent with what is observed, and names the cause."""

from workshop.checks.diagnosis.case import diagnose
from workshop.checks.diagnosis.flow import places_of
from workshop.checks.diagnosis.values import (
    BatchElement,
    Cause,
    CauseKind,
    CellDifference,
    CellElement,
    Confidence,
    Diagnosis,
    Element,
    Evidence,
    RowElement,
    Stage,
    TradeElement,
)

__all__ = [
    "BatchElement",
    "Cause",
    "CauseKind",
    "CellDifference",
    "CellElement",
    "Confidence",
    "Diagnosis",
    "Element",
    "Evidence",
    "RowElement",
    "Stage",
    "TradeElement",
    "diagnose",
    "places_of",
]
