"""The dead-letter queue of a function, as CreateFunction and UpdateFunctionConfiguration check it.

AWS takes the ARN of a standard queue or topic that the function's role may write to. Source:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
"""

from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException

from workshop.cloud.offline.overlay.awslambda.destinations import check_destination
from workshop.cloud.offline.runtime.arns import SourceReference

__all__ = ["check_dead_letters"]


def check_dead_letters(spec: dict[str, Any], role_arn: str) -> None:
    """Raise AWS's error unless the dead-letter queue, if there is one, can be written to."""
    arn = (spec.get("DeadLetterConfig") or {}).get("TargetArn")
    if not arn:  # an empty one takes the queue away
        return
    target = SourceReference.parse(arn)
    if target.service not in {"sqs", "sns"} or target.is_fifo:
        raise InvalidParameterValueException(
            f"The provided target arn {arn} is invalid: it must be that of a standard SQS queue or SNS topic."
        )
    check_destination(role_arn, str(arn))
