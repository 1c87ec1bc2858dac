"""Why the totals are wrong: `diagnose` compares what was sent with what is observed, and names the cause."""

from workshop.diagnosis.case import diagnose
from workshop.diagnosis.values import (
    BatchElement,
    Cause,
    CauseKind,
    CellElement,
    Confidence,
    Diagnosis,
    Evidence,
    MapRecord,
    RowElement,
    Stage,
    TradeElement,
)

__all__ = [
    "BatchElement",
    "Cause",
    "CauseKind",
    "CellElement",
    "Confidence",
    "Diagnosis",
    "Evidence",
    "MapRecord",
    "RowElement",
    "Stage",
    "TradeElement",
    "diagnose",
]
