"""A resource that cannot be made completely leaves nothing behind."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import document, function, get, queue, resource, role

KEY = {"EncryptionType": "KMS", "KeyId": "alias/none"}
TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
ATTACHED = {
    f"Policy{number}": resource("IAM::ManagedPolicy", PolicyDocument=document("a:b"), Roles=[{"Ref": "Role"}])
    for number in range(11)
}
ODD = {"a": [{"nonsense": 1}]}
# What is refused at the second step, and what lists the things of the first.
CASES: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "a stream with a key": (
        {"Thing": resource("Kinesis::Stream", ShardCount=1, StreamEncryption=KEY)},
        lambda aws: aws.client("kinesis").list_streams()["StreamNames"],
    ),
    "a function with a reservation": (
        {"Role": role(), "Thing": function(ReservedConcurrentExecutions=950)},
        lambda aws: aws.client("lambda").list_functions()["Functions"],
    ),
    "a topic with a subscription": (
        {"Thing": resource("SNS::Topic", Subscription=[{"Endpoint": "x", "Protocol": "fax"}])},
        lambda aws: [one for one in aws.client("sns").list_topics()["Topics"] if one["TopicArn"] != TOPIC],
    ),
    "a subscription with a filter": (
        {
            "Queue": queue(),
            "Thing": resource(
                "SNS::Subscription", TopicArn=TOPIC, Endpoint=get("Queue"), Protocol="sqs", FilterPolicy=ODD
            ),
        },
        lambda aws: aws.client("sns").list_subscriptions()["Subscriptions"],
    ),
    "a policy for a role that has ten": (
        {"Role": role(), **ATTACHED},
        lambda aws: aws.client("iam").list_policies(Scope="Local")["Policies"],
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_nothing_is_left_of_what_could_not_be_made(aws: Any, title: str) -> None:
    """What a service has made before it refuses the rest goes with the rest."""
    resources, listed = CASES[title]
    aws.client("sns").create_topic(Name="t")

    stack = aws.create(resources)

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert listed(aws) == []
