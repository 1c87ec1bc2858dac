"""Registered consumers of a Kinesis stream.

AWS: a consumer's ARN ends in the time of its registration; a name is registered once, and a stream has 20
consumers; a consumer is named by its ARN, or by its name and its stream's ARN. Source:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html,
API_DeregisterStreamConsumer and API_ListStreamConsumers there.

moto's ARNs have no time, it registers a name again and again, deregisters all others when one is named, and
begins from the front for a token that it does not know.
"""

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.kinesis.exceptions import ConsumerNotFound, InvalidArgumentError, ResourceInUseError
from moto.kinesis.models import Consumer, KinesisBackend
from moto.kinesis.responses import KinesisResponse

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.kinesis.next_tokens import make_token, read_token

CONSUMERS, LISTED_CONSUMERS = 20, 100

_MOTO_INITIALIZE = Consumer.__init__
_MOTO_REGISTER = KinesisBackend.register_stream_consumer
_MOTO_DELETE_STREAM = KinesisResponse.delete_stream


@corrects(KinesisResponse, "delete_stream")
def _delete_stream(self: Any) -> Any:
    # moto deletes consumers with their stream, whatever `EnforceConsumerDeletion` says.
    stream = self.kinesis_backend.describe_stream(
        stream_arn=self._get_param("StreamARN"), stream_name=self._get_param("StreamName")
    )
    if stream.consumers and not self._get_param("EnforceConsumerDeletion"):
        raise ResourceInUseError(
            f"Stream {stream.stream_name} under account {stream.account_id} has registered consumers; "
            "deregister them first, or set EnforceConsumerDeletion."
        )
    return _MOTO_DELETE_STREAM(self)


@corrects(Consumer, "__init__")
def _initialize(self: Any, *arguments: Any, **named: Any) -> None:
    _MOTO_INITIALIZE(self, *arguments, **named)
    self.created = CLOCK.moment()
    self.consumer_arn = f"{self.consumer_arn}:{int(CLOCK.now())}"


@corrects(KinesisBackend, "register_stream_consumer")
def _register(self: Any, stream_arn: str, consumer_name: str) -> Any:
    stream = self.describe_stream(stream_arn, None)
    if any(consumer.consumer_name == consumer_name for consumer in stream.consumers):
        where = f"in stream {stream.stream_name} under account {self.account_id}"
        raise ResourceInUseError(f"Consumer {consumer_name} {where} already exists.")
    if len(stream.consumers) >= CONSUMERS:
        text = (
            f"Stream {stream.stream_name} under account {self.account_id} has {CONSUMERS} consumers already."
        )
        raise JsonRESTError("LimitExceededException", text)
    return _MOTO_REGISTER(self, stream_arn, consumer_name)


@corrects(KinesisBackend, "describe_stream_consumer")
def _consumer(self: Any, stream_arn: str | None, consumer_name: str | None, consumer_arn: str | None) -> Any:
    if not consumer_arn and not (stream_arn and consumer_name):
        raise InvalidArgumentError("Either ConsumerARN, or StreamARN and ConsumerName, must be given.")
    stream_of_consumer = consumer_arn.partition("/consumer/")[0] if consumer_arn else stream_arn
    for consumer in self.describe_stream(stream_of_consumer, None).consumers:
        if (consumer_arn or consumer.consumer_arn) == consumer.consumer_arn and (
            consumer_name or consumer.consumer_name
        ) == consumer.consumer_name:
            return consumer
    raise ConsumerNotFound(consumer=consumer_name or consumer_arn, account_id=self.account_id)


@corrects(KinesisBackend, "deregister_stream_consumer")
def _deregister(
    self: Any, stream_arn: str | None, consumer_name: str | None, consumer_arn: str | None
) -> None:
    consumer = self.describe_stream_consumer(stream_arn, consumer_name, consumer_arn)
    self.describe_stream(consumer.stream_arn, None).delete_consumer(consumer.consumer_arn)


@corrects(KinesisResponse, "list_stream_consumers")
def _list_call(self: Any) -> Any:
    stream = self.kinesis_backend.describe_stream(self._get_param("StreamARN"), None)
    token = self._get_param("NextToken")
    after = read_token("ListStreamConsumers", token)["after"] if token else ""
    consumers = sorted(stream.consumers, key=lambda consumer: consumer.consumer_name)
    rest = [consumer for consumer in consumers if consumer.consumer_name > after]
    page = rest[: self._get_param("MaxResults") or LISTED_CONSUMERS]
    answer: dict[str, Any] = {"Consumers": [consumer.to_json() for consumer in page]}
    if len(page) < len(rest):
        answer["NextToken"] = make_token("ListStreamConsumers", {"after": page[-1].consumer_name})
    return ActionResult(answer)
