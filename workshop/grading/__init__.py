"""What learners hand in, checked without trusting it: one folder, or a class's."""

from workshop.grading.checking import SubmissionProgress, check_submissions
from workshop.grading.outcomes import ClassResult, ExerciseResult, SubmissionResult
from workshop.grading.sandbox.containment import Containment, find_containment
from workshop.grading.sandbox.limits import Limits

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
