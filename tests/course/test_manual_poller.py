"""What notebooks 08 to 12 and 99 do by hand: deliver, release a bug, make a role, and see what is left."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import trust
from workshop.cloud.connection import Cloud
from workshop.cloud.sign_in import is_denied
from workshop.course.catch_up import restore
from workshop.course.course import Course
from workshop.course.exercise import judge
from workshop.course.exercises import find_exercise
from workshop.course.exercises.permissions import READING, policy_works, undo_policy
from workshop.course.leftovers import leftovers
from workshop.course.manual_poller import ManualPoller
from workshop.course.tools.bad_release import release_with_a_bug
from workshop.course.trials.made_role import PRODUCER, client_as, make_role
from workshop.course.trials.stream_records import send_again
from workshop.errors import ConfigurationError, NotSettledError


@pytest.fixture(scope="module")
def course(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A connected pipeline with the starters."""
    course = Course(cloud, home=tmp_path_factory.mktemp("home"))
    restore(course, "08")
    return course


def test_the_mapping_is_paused_inside_the_block_and_goes_on_behind_it(course: Course) -> None:
    """Whoever delivers by hand is alone with the function, until the block ends."""
    with ManualPoller(course, "MapLambda"):
        inside = course.mapping("MapLambda")["State"]
    behind = course.mapping("MapLambda")["State"]

    assert (inside, behind) == ("Disabled", "Enabled")


def test_the_mapping_goes_on_also_after_an_error(course: Course) -> None:
    """A mistake inside the block must not leave the pipeline standing still."""
    with pytest.raises(ZeroDivisionError), ManualPoller(course, "ReduceLambda"):
        raise ZeroDivisionError

    assert course.mapping("ReduceLambda")["State"] == "Enabled"


def test_the_mapping_goes_on_if_its_stream_cannot_be_read(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error while the poller is made comes before any block whose end would resume the mapping."""

    def refuse(_: ManualPoller, _place: str) -> dict[str, str | None]:
        raise ConnectionError("gone")

    monkeypatch.setattr(ManualPoller, "_bookmarks_at", refuse)
    with pytest.raises(ConnectionError):
        ManualPoller(course, "MapLambda")

    assert course.mapping("MapLambda")["State"] == "Enabled"


def test_what_is_fetched_came_after_the_pause_and_is_what_lambda_would_deliver(course: Course) -> None:
    """Records have the envelope of an event, and older ones are not among them."""
    course.send(2, seed=1)
    course.rest()
    with ManualPoller(course, "MapLambda") as poller:
        course.send(3, seed=2)
        batch = poller.fetch(at_least=3)
        delivery = poller.deliver(batch)

    assert len(batch) == 3
    assert {record["eventSourceARN"] for record in batch} == {course.stream_arn("StateTable")}
    assert {record["eventName"] for record in batch} == {"INSERT"}
    assert not delivery.error
    assert delivery.report["rows"] == 1
    assert "3 records" in str(delivery)


def test_nothing_is_overtaken_by_what_is_delivered_by_hand(course: Course) -> None:
    """What was sent before the pause has gone through the function by then; a ledger would pass it over."""
    before = course.rest()
    course.send(4, seed=3)
    with ManualPoller(course, "ReduceLambda"):
        inside = course.totals()
    after = course.rest()

    assert before.totals != inside.totals == after.totals


def test_what_was_read_once_is_not_read_again(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look costs the same however much has gone through the stream, and yet fetches all since the pause."""
    course.send(20, seed=5)
    with ManualPoller(course, "MapLambda") as poller:
        course.send(2, seed=6)
        first = poller.fetch(at_least=2)
        read: list[int] = []
        get_records = poller._streams.get_records

        def count(**arguments: Any) -> Any:
            page = get_records(**arguments)
            read.append(len(page["Records"]))
            return page

        monkeypatch.setattr(poller._streams, "get_records", count)
        course.send(1, seed=7)
        both = poller.fetch(at_least=3)

    assert sum(read) == 1
    assert both[:2] == first
    assert len(both) == 3


def test_what_does_not_come_is_not_waited_for(course: Course) -> None:
    """Offline it is said what to do as soon as nothing is on its way, as when a cell sends the same again."""
    with ManualPoller(course, "ReduceLambda") as poller:
        course.send(1, seed=9)
        rows = poller.fetch(timeout=float("inf"))
        with pytest.raises(NotSettledError, match=r"as when a cell runs twice; .*`ws\.clear\(\)`"):
            poller.fetch(at_least=len(rows) + 1, timeout=float("inf"))


def test_nothing_to_fetch_is_said(course: Course) -> None:
    """Waiting for records that do not come ends with a reason."""
    with ManualPoller(course, "MapLambda") as poller, pytest.raises(NotSettledError, match="fewer than 1"):
        poller.fetch(timeout=0.0)


def test_only_tables_streams_are_delivered_by_hand(course: Course) -> None:
    """StateLambda reads Kinesis, which the hand poller does not."""
    with pytest.raises(ConfigurationError, match="StateLambda"):
        ManualPoller(course, "StateLambda")


def test_a_release_with_a_bug_fails_at_its_word_alone_and_a_deployment_mends_it(course: Course) -> None:
    """The bug is in the deployed code, not in the learner's files."""
    release_with_a_bug(course)
    good, bad = (course.deliver("StateLambda", course.kinesis_event([data])) for data in (b"x", b'"friday"'))
    mended = course.deploy()
    after = course.deliver("StateLambda", course.kinesis_event([b'"friday"']))

    assert good.error is None
    assert "release of Friday" in str(bad.error)
    assert mended.changed_functions == ("state",)
    assert after.error is None


def test_records_of_a_report_are_sent_again_and_no_others(course: Course) -> None:
    """A report names the first and the last record; what lies behind them stays where it is."""
    kinesis, stream = course.client("kinesis"), course.outputs["StreamName"]
    put = [
        kinesis.put_record(StreamName=stream, Data=f"given up {number}".encode(), PartitionKey="one key")
        for number in range(3)
    ]
    report = {
        "KinesisBatchInfo": {
            "shardId": put[0]["ShardId"],
            "startSequenceNumber": put[0]["SequenceNumber"],
            "endSequenceNumber": put[1]["SequenceNumber"],
            "batchSize": 2,
        }
    }

    count = send_again(course, report)

    texts = [record.data for record in course.sent.records() if record.data.startswith("given up")]
    assert count == 2
    assert sorted(texts) == ["given up 0", "given up 0", "given up 1", "given up 1", "given up 2"]


def test_the_producers_role_may_do_what_its_policy_says_and_nothing_without_one(course: Course) -> None:
    """The role is made once, and begins with no right at all."""
    name = make_role(course, PRODUCER)
    assert make_role(course, PRODUCER) == name
    kinesis = client_as(course, PRODUCER, "kinesis")
    with pytest.raises(ClientError) as refused:
        kinesis.list_streams()
    statement = {"Effect": "Allow", "Action": "kinesis:ListStreams", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    course.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)

    assert is_denied(refused.value)
    assert kinesis.list_streams()["StreamNames"]


def test_what_remains_is_named_with_what_was_made_by_hand_first(course: Course) -> None:
    """A stack is one line, with the cost of its stream; what lies beside it is listed before it."""
    role = make_role(course, PRODUCER)

    left = leftovers(course)

    assert [each.kind for each in left] == ["role", "stack", "bucket"]
    assert left[0].name == role
    assert left[1].usd_per_hour > 0


@pytest.mark.parametrize("prefix", ["somebody", "course-anna", "c"])
def test_nothing_of_other_learners_is_listed(course: Course, tmp_path: Path, prefix: str) -> None:
    """Only what bears the name of one of the learner's own stacks is theirs to delete."""
    other = Course(course.cloud, home=tmp_path, prefix=prefix)

    assert leftovers(other) == ()


def test_a_prefix_that_begins_like_another_is_another(course: Course, tmp_path: Path) -> None:
    """What belongs to the prefix `course-anna` is not listed for the prefix `course`."""
    before = leftovers(course)
    anna = Course(course.cloud, home=tmp_path, prefix="course-anna")
    role = f"{anna.stack}-producer"
    course.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=trust())

    assert leftovers(course) == before
    assert [each.name for each in leftovers(anna)] == [role]


def test_a_right_policy_may_be_attached_and_in_any_case_of_letters(course: Course) -> None:
    """IAM asks neither where a policy lies nor for capitals, and what was attached can be undone."""
    iam, role = course.client("iam"), course.role_name("ReduceLambda")
    undo_policy(course)
    before = policy_works(course)
    actions = [action.lower() for action in READING]
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": course.stream_arn("ReduceTable")},
        {"Effect": "Allow", "Action": "DYNAMODB:ListStreams", "Resource": "*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    policy = iam.create_policy(PolicyName="ReduceLambda", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    verdict = judge(find_exercise("reduce-policy"), course)
    undo_policy(course)

    assert not before
    assert verdict.is_passed, verdict.feedback
    assert not policy_works(course)
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
