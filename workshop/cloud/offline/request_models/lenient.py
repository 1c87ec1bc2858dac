"""What AWS takes, or words in another way, although the models say otherwise; each with its reason."""

from workshop.cloud.offline.request_models.reading import ReadCall
from workshop.cloud.offline.request_models.violations import Violation, ViolationKind

__all__ = ["is_taken"]

# Service and member → why the model does not decide.
LENIENT = {
    ("lambda", "Runtime"): "AWS also takes the ARN of a runtime's version, and says so",
}


def is_taken(read: ReadCall, violation: Violation) -> bool:
    """Return whether AWS takes this, or whether a module of the service words its own error for it."""
    member = violation.path[0] if violation.path else ""
    return violation.kind is not ViolationKind.TYPE and (read.service, member) in LENIENT
