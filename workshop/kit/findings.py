"""What the checks of `workshop doctor` return, and how it is told."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

__all__ = ["SIGNS", "Grade", "Preflight", "as_document", "is_ready", "size"]


class Grade(StrEnum):
    """How good a finding is; only a problem keeps the workshop from running."""

    GOOD = "good"
    WARNING = "warning"
    PROBLEM = "problem"


SIGNS = {Grade.GOOD: "✔", Grade.WARNING: "!", Grade.PROBLEM: "✘"}


@dataclass(frozen=True)
class Preflight:
    """What a check saw, and what to do about it if it is not good."""

    check: str
    grade: Grade
    seen: str
    fix: str = ""


def is_ready(findings: Iterable[Preflight]) -> bool:
    """Return whether nothing keeps the workshop from running."""
    return all(finding.grade is not Grade.PROBLEM for finding in findings)


def as_document(findings: Iterable[Preflight]) -> dict[str, Any]:
    """Return findings for `--json`."""
    told = list(findings)
    return {"ready": is_ready(told), "findings": [asdict(finding) for finding in told]}


def size(byte_count: int) -> str:
    """Return a size as people say it, such as `1.5 GB` or `12 MB`."""
    megabytes = byte_count / 1024**2
    if 0 < megabytes < 1:
        return "less than 1 MB"
    return f"{megabytes / 1024:.1f} GB" if megabytes >= 1000 else f"{megabytes:.0f} MB"
