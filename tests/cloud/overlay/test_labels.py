"""Permissions are added to whatever policy is there, and removed from it."""

import json
from typing import Any

import pytest

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

TOPIC = "arn:aws:sns:eu-west-1:123456789012:T"
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "*", "Resource": "*"}
LABELLED = {"Sid": "one", **STATEMENT}


class Labelled:
    """A queue or a topic that has a policy."""

    def __init__(self, account: Account, service: str, statements: Any) -> None:
        self.is_queue = service == "sqs"
        self.client = account.client(service)
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        if self.is_queue:
            url = self.client.create_queue(QueueName="Q", Attributes={"Policy": policy})["QueueUrl"]
            self.place = {"QueueUrl": url}
        else:
            self.client.create_topic(Name="T", Attributes={"Policy": policy})
            self.place = {"TopicArn": TOPIC}

    def add(self, label: str) -> None:
        """Let an account send or publish."""
        names = ("AWSAccountIds", "Actions") if self.is_queue else ("AWSAccountId", "ActionName")
        action = "SendMessage" if self.is_queue else "Publish"
        given = dict(zip(names, (["111122223333"], [action]), strict=True))
        self.client.add_permission(**self.place, Label=label, **given)

    def labels(self) -> list[str | None]:
        """Return the labels of the statements, None for one without."""
        if self.is_queue:
            kept = self.client.get_queue_attributes(**self.place, AttributeNames=["Policy"])
        else:
            kept = self.client.get_topic_attributes(**self.place)
        return [one.get("Sid") for one in json.loads(kept["Attributes"]["Policy"])["Statement"]]


@pytest.mark.parametrize("service", ["sqs", "sns"])
@pytest.mark.parametrize(
    ("statements", "labels"),
    [(LABELLED, ["one"]), (STATEMENT, [None]), ([LABELLED, STATEMENT], [None, "one"])],
)
def test_a_permission_is_added_and_removed(
    account: Account, service: str, statements: Any, labels: list[str | None]
) -> None:
    """The statements that were there stay, one outside a list and those without a label as well."""
    one = Labelled(account, service, statements)

    one.add("two")

    assert one.labels() == [*labels, "two"]
    one.client.remove_permission(**one.place, Label="two")
    assert one.labels() == labels


def test_lists_of_labelled_statements_are_as_before(account: Account) -> None:
    """Plain moto adds and removes there alike."""
    found = []
    for one in (Labelled(account, "sqs", [LABELLED]), Labelled(account, "sns", [LABELLED])):
        one.add("two")
        found.append(one.labels())
        with plain_moto():
            one.client.remove_permission(**one.place, Label="two")
            one.add("two")
            found.append(one.labels())

    assert found == [["one", "two"]] * 4
