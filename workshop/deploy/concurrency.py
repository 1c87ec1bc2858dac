"""Whether functions of an account can have concurrency reserved.

New accounts may run ten functions at a time, some others fifty, and AWS lets none of these be reserved: it
keeps up to a hundred for functions without a reservation.
"""

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.cloud.sign_in import is_denied

__all__ = ["KEPT_UNRESERVED", "can_reserve", "concurrency_of"]

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
KEPT_UNRESERVED = 100


def concurrency_of(cloud: Cloud) -> tuple[int, int]:
    """Return how many functions may run at a time, and how many of these are not reserved.

    Raises:
        ClientError: the caller has no right to ask.
    """
    limits = cloud.client("lambda").get_account_settings()["AccountLimit"]
    return int(limits["ConcurrentExecutions"]), int(limits["UnreservedConcurrentExecutions"])


def can_reserve(cloud: Cloud) -> bool:
    """Return whether one more invocation can be reserved; if nobody may ask, AWS has to say it."""
    try:
        _, free = concurrency_of(cloud)
    except ClientError as error:
        if is_denied(error):
            return True
        raise
    return free > KEPT_UNRESERVED
