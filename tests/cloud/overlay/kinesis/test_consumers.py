"""Consumers of Kinesis streams."""

import pytest

from tests.cloud.conftest import REGION, Account
from workshop.settings import ACCOUNT_ID

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/S"


def names(account: Account) -> list[str]:
    """Return the names of the stream's consumers."""
    listed = account.client("kinesis").list_stream_consumers(StreamARN=STREAM)["Consumers"]
    return [consumer["ConsumerName"] for consumer in listed]


def register(account: Account, name: str) -> str:
    """Register a consumer; return its ARN."""
    kinesis = account.client("kinesis")
    answer = kinesis.register_stream_consumer(StreamARN=STREAM, ConsumerName=name)
    return str(answer["Consumer"]["ConsumerARN"])


def test_a_consumer_is_known_by_name_and_time(account: Account) -> None:
    """Its ARN ends in the time of its creation, and no other has its name."""
    kinesis = account.client("kinesis")
    kinesis.create_stream(StreamName="S", ShardCount=1)

    arn = register(account, "a")

    assert arn == f"{STREAM}/consumer/a:{int(account.clock.now())}"
    with pytest.raises(kinesis.exceptions.ResourceInUseException):
        register(account, "a")


def test_deregistering_takes_that_consumer_away(account: Account) -> None:
    """By its name or by its ARN; all others stay, and one that is not there is an error."""
    kinesis = account.client("kinesis")
    kinesis.create_stream(StreamName="S", ShardCount=1)
    for name in ("a", "b"):
        register(account, name)
    arn = register(account, "c")

    kinesis.deregister_stream_consumer(StreamARN=STREAM, ConsumerName="a")
    kinesis.deregister_stream_consumer(ConsumerARN=arn)

    assert names(account) == ["b"]
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.deregister_stream_consumer(StreamARN=STREAM, ConsumerName="a")


def test_plain_moto_takes_the_others_away(plain: Account) -> None:
    """Without the correction, deregistering by name keeps just the consumer that should go."""
    plain.client("kinesis").create_stream(StreamName="S", ShardCount=1)
    for name in ("a", "b"):
        register(plain, name)

    plain.client("kinesis").deregister_stream_consumer(StreamARN=STREAM, ConsumerName="a")

    assert names(plain) == ["a"]
