"""Where Lambda sends what it could not do, or has done: a destination is there, and the role may write to it.

AWS refuses one that is missing when it is named, as a destination of asynchronous invocations or of a mapping
and as a dead-letter queue (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html,
https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html). The sentence is that of
PutFunctionEventInvokeConfig, as users report it.
"""

from collections.abc import Callable, Mapping

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.utils import get_backend
from moto.events.models import events_backends
from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from workshop.cloud.offline.permissions.services import destination_problem
from workshop.cloud.offline.runtime.arns import FunctionReference, SourceReference
from workshop.settings import ACCOUNT_ID

__all__ = ["check_destination"]


def check_destination(role_arn: str, arn: str) -> None:
    """Raise AWS's error unless there is such a destination and the function's role may write to it."""
    target = SourceReference.parse(arn)
    if (problem := destination_problem(role_arn, arn)) is not None:
        raise InvalidParameterValueException(problem)
    if target.service not in LOOK_UPS or not LOOK_UPS[target.service](target):
        raise InvalidParameterValueException(f"The destination ARN {arn} is invalid.")


def _has_function(target: SourceReference) -> bool:
    functions = get_backend(target.account_id, target.region).list_functions()
    name = FunctionReference.parse(target.arn).name
    return any(function.function_name == name for function in functions)


LOOK_UPS: Mapping[str, Callable[[SourceReference], bool]] = {
    "events": lambda target: (
        target.resource.removeprefix("event-bus/")
        in events_backends[target.account_id][target.region].event_buses
    ),
    "lambda": _has_function,
    # The ARN of a bucket names no account.
    "s3": lambda target: target.resource in s3_backends[ACCOUNT_ID]["aws"].buckets,
    "sns": lambda target: target.arn in sns_backends[target.account_id][target.region].topics,
    "sqs": lambda target: target.resource in sqs_backends[target.account_id][target.region].queues,
}
