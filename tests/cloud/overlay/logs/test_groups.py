"""Log groups are listed as a request asks."""

from typing import Any

import pytest

from workshop.cloud.offline.overlay.correct import plain_moto

ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:"
NAMES = ["/app/a", "/app/b", "other"]


@pytest.fixture
def logs(account) -> Any:
    """The client, with three groups."""
    client = account.client("logs")
    for name in NAMES:
        client.create_log_group(logGroupName=name)
    return client


def listed(logs: Any, **wanted: Any) -> list[str]:
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 1}, **wanted)
    return [group["logGroupName"] for part in pages for group in part["logGroups"]]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({"logGroupNamePattern": "app"}, NAMES[:2]),
        ({"logGroupNamePattern": "App"}, []),
        ({"logGroupIdentifiers": [f"{ARN}/app/b:*", "other"]}, NAMES[1:]),
        ({"logGroupClass": "STANDARD", "logGroupNamePrefix": "/app"}, NAMES[:2]),
        ({"logGroupClass": "INFREQUENT_ACCESS"}, []),
    ],
)
def test_groups_are_chosen(logs: Any, wanted: Any, names: list[str]) -> None:
    """A part of the name, identifiers and the class narrow the list, in pages; plain moto lists all."""
    assert listed(logs, **wanted) == names
    with plain_moto():
        assert (
            listed(logs, **{name: value for name, value in wanted.items() if "Prefix" not in name}) == NAMES
        )


def test_groups_found_by_a_part_of_the_name_are_told_in_short(logs: Any) -> None:
    """Such a group has its ARN, name and time alone."""
    (group,) = logs.describe_log_groups(logGroupNamePattern="th")["logGroups"]

    assert set(group) == {"arn", "creationTime", "logGroupName"}


def test_prefix_and_pattern_exclude_each_other(logs: Any, refused: Any) -> None:
    """A request with both is refused with AWS's words."""
    both = {"logGroupNamePattern": "a", "logGroupNamePrefix": "a"}

    code, message = refused(logs.describe_log_groups, **both)

    assert (code, "mutually exclusive" in message) == ("InvalidParameterException", True)


def test_other_listings_are_as_before(logs: Any) -> None:
    """Without these arguments, or by prefix, the answer is that of plain moto."""
    for wanted in ({}, {"logGroupNamePrefix": "/app"}, {"limit": 1}):
        corrected = logs.describe_log_groups(**wanted)
        with plain_moto():
            plain = logs.describe_log_groups(**wanted)
        assert corrected["logGroups"] == plain["logGroups"]
