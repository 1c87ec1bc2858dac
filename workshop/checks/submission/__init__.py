"""What learners hand in, checked without trusting it: one folder, or a class's."""

from workshop.checks.submission.checking import SubmissionProgress, check_submissions
from workshop.checks.submission.containment import Containment, find_containment
from workshop.checks.submission.limits import Limits
from workshop.checks.submission.outcomes import ClassResult, ExerciseResult, SubmissionResult

__all__ = [
    "ClassResult",
    "Containment",
    "ExerciseResult",
    "Limits",
    "SubmissionProgress",
    "SubmissionResult",
    "check_submissions",
    "find_containment",
]
