"""Checks what learners hand in, without trusting it: one folder, or those of a class."""

from workshop.grading.checking import SubmissionProgress, check_submissions
from workshop.grading.outcomes import ClassResult, ExerciseResult, SubmissionResult
from workshop.grading.sandbox.availability import Containment, find_containment
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
