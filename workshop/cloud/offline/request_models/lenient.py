"""What AWS takes, or words in another way, although the models say otherwise; each with its reason."""

from workshop.cloud.offline.request_models.constraints import Kind, Violation
from workshop.cloud.offline.request_models.reading import ReadCall

__all__ = ["is_taken"]

# Service, operation and member (`*`: any of them) → why the model does not decide.
LENIENT: dict[tuple[str, str, str], str] = {}


def is_taken(read: ReadCall, violation: Violation) -> bool:
    """Return whether AWS takes this, or whether a module of the service words its own error for it."""
    if violation.kind is Kind.TYPE:
        return False
    member = str(violation.path[0]) if violation.path else ""
    operation = read.operation.name
    return any((read.service, one, other) in LENIENT for one in (operation, "*") for other in (member, "*"))
