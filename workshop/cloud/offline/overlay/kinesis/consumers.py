"""Consumers of a stream have AWS's ARN, one of each name, and go when they are deregistered.

A consumer's ARN ends in the time of its creation, so that one of the same name made later is another
(https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Consumer.html); a second registration of a name
is a ResourceInUseException. moto leaves the time out, registers names twice, and deregistering a consumer by
its name takes away all others instead. Changed: all three.
"""

from typing import Any

from moto.kinesis.exceptions import ResourceInUseError
from moto.kinesis.models import Consumer, KinesisBackend

from workshop.cloud.offline.overlay.correct import CLOCK, corrects

_MOTO_INIT = Consumer.__init__
_MOTO_REGISTER = KinesisBackend.register_stream_consumer


@corrects(Consumer, "__init__")
def _init(consumer: Any, consumer_name: str, account_id: str, region_name: str, stream_arn: str) -> None:
    _MOTO_INIT(consumer, consumer_name, account_id, region_name, stream_arn)
    consumer.created = CLOCK.moment()
    consumer.consumer_arn = f"{stream_arn}/consumer/{consumer_name}:{int(CLOCK.now())}"


@corrects(KinesisBackend, "register_stream_consumer")
def _register(backend: Any, stream_arn: str, consumer_name: str) -> Any:
    stream = backend._find_stream_by_arn(stream_arn)
    if any(one.consumer_name == consumer_name for one in stream.consumers):
        raise ResourceInUseError(f"Consumer {consumer_name} of stream {stream_arn} exists already.")
    return _MOTO_REGISTER(backend, stream_arn, consumer_name)


@corrects(KinesisBackend, "deregister_stream_consumer")
def _deregister(
    backend: Any, stream_arn: str | None, consumer_name: str | None, consumer_arn: str | None
) -> None:
    # Describing one that is not there raises AWS's error.
    consumer = backend.describe_stream_consumer(stream_arn, consumer_name, consumer_arn)
    backend._find_stream_by_arn(consumer.stream_arn).delete_consumer(consumer.consumer_arn)
