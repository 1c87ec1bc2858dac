"""Which operations the offline cloud has: those that moto, or a correction of it, implements.

The others are refused by their name, whatever they are sent with. moto itself says so for some protocols
only; where a path or an address has several operations it takes one for another, as `PutBucketAbac` for
CreateBucket.
"""

from importlib import import_module

from botocore import xform_name

__all__ = ["is_offered"]

# Names of models → names of moto's packages, where they differ.
PACKAGES = {"lambda": "awslambda"}
# Names that moto gives to operations whose names botocore has changed, or has twice.
METHODS = {
    "PutBucketNotification": "PutBucketNotificationConfiguration",
    "GetBucketNotification": "GetBucketNotificationConfiguration",
}
# What moto has a method for, which does nothing of what AWS does.
HOLLOW: dict[str, frozenset[str]] = {}


def is_offered(service: str, operation: str) -> bool:
    """Return whether a class of moto that answers the calls of the service has the operation."""
    if operation in HOLLOW.get(service, ()):
        return False
    module = import_module(f"moto.{PACKAGES.get(service, service)}.responses")
    method = xform_name(METHODS.get(operation, operation))
    # S3 sorts its calls out by hand; what its backend has under the operation's name is what it can do.
    return any(
        hasattr(one, method)
        for one in vars(module).values()
        if service == "s3" or getattr(one, "__module__", "") == module.__name__
    )
