"""Pipelines that end at a date, on a clock that is moved by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.cloudformation.conftest import read
from tests.deploy.by_hand import ANY_TABLE, role_of
from workshop.clock import ManualClock
from workshop.cloud.laboratory import Laboratory
from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.ending import End, parse_end, read_end, remove_end, roles_begin, set_end
from workshop.deploy.finding import list_ends
from workshop.deploy.listing import everything
from workshop.deploy.stacks import deploy, destroy, list_stacks
from workshop.errors import ConfigurationError, StackNotFoundError, TearDownError
from workshop.game.play import generator_stack, set_up

NAME = "mine"


@pytest.fixture
def pipeline(laboratory: Laboratory) -> Laboratory:
    """The laboratory with nothing but one pipeline, and the generator that plays against it."""
    laboratory._world.reset()
    deploy(
        laboratory, "stateful", stack=NAME, parameters={"HierarchyLevels": "RunID,RiskType,TradeDesk,Region"}
    )
    set_up(laboratory, NAME)
    return laboratory


def later(laboratory: Laboratory, **time: int) -> datetime:
    """Return a time from now on the cloud's clock."""
    return datetime.fromtimestamp(laboratory.clock.now(), UTC).replace(microsecond=0) + timedelta(**time)


def names(laboratory: Laboratory) -> set[str]:
    """Return the stacks of the workshop, in any state."""
    return {stack.name for stack in list_stacks(laboratory)}


@pytest.mark.parametrize(
    ("deletes_pipeline", "left"), [(True, set[str]()), (False, {NAME})], ids=["deleted", "stopped"]
)
def test_a_pipeline_ends_at_its_date(pipeline: Laboratory, *, deletes_pipeline: bool, left: set[str]) -> None:
    """At the date the generator goes, and the pipeline if that was asked for; not a minute before."""
    end = set_end(
        pipeline, NAME, later(pipeline, hours=2), deletes_pipeline=deletes_pipeline, clock=pipeline.clock
    )
    pipeline.clock.advance(7_100)
    pipeline.step()
    before = names(pipeline)

    pipeline.clock.advance(200)
    pipeline.step()

    assert before == {NAME, generator_stack(NAME)}
    assert names(pipeline) == left
    assert read_end(pipeline, NAME) == end


def test_of_a_pipeline_that_has_ended_nothing_is_left(pipeline: Laboratory) -> None:
    """What ended it, and what a schedule cannot take away, goes when it is destroyed all the same."""
    set_end(pipeline, NAME, later(pipeline, minutes=1), deletes_pipeline=True, clock=pipeline.clock)
    pipeline.clock.advance(61)
    pipeline.step()
    assert list_ends(pipeline) == (NAME,)

    destroy(pipeline, NAME, clock=ManualClock())

    assert list(everything(pipeline)) == []
    assert pipeline.client("s3").list_buckets()["Buckets"] == []
    with pytest.raises(StackNotFoundError):
        destroy(pipeline, NAME, clock=ManualClock())


def test_an_end_goes_although_something_is_left(pipeline: Laboratory) -> None:
    """Once the stack is gone, what others put into the bucket keeps nothing of what would have ended it."""
    set_end(pipeline, NAME, later(pipeline, hours=1), deletes_pipeline=True, clock=pipeline.clock)
    pipeline.client("s3").put_object(Bucket=CodeBucket(pipeline).name, Key="mine/notes.txt", Body=b"")

    with pytest.raises(TearDownError, match="which the workshop did not put there") as caught:
        destroy(pipeline, NAME, clock=ManualClock())

    assert [each.split("`")[1] for each in caught.value.remaining] == ["mine/notes.txt"]
    assert list_ends(pipeline) == ()
    roles = pipeline.client("iam").list_roles()["Roles"]
    assert [each["RoleName"] for each in roles if "EndRole" in each["RoleName"]] == []


def test_an_end_stays_as_long_as_the_stack(pipeline: Laboratory) -> None:
    """If the stack cannot be deleted, its end still comes."""
    end = set_end(pipeline, NAME, later(pipeline, hours=1), deletes_pipeline=True, clock=pipeline.clock)
    iam = pipeline.client("iam")
    iam.create_user(UserName="reader")
    policies = [each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"]]
    [arn] = [each for each in policies if "FrontEndPolicy" in each]
    iam.attach_user_policy(UserName="reader", PolicyArn=arn)

    with pytest.raises(TearDownError, match="so nothing was deleted"):
        destroy(pipeline, NAME, clock=ManualClock())

    assert read_end(pipeline, NAME) == end


def test_an_end_can_be_moved_and_called_off(pipeline: Laboratory) -> None:
    """Another date takes the place of the first, and `never` takes the end away."""
    set_end(pipeline, NAME, later(pipeline, hours=1), deletes_pipeline=True, clock=pipeline.clock)
    moved = set_end(pipeline, NAME, later(pipeline, hours=9), deletes_pipeline=False, clock=pipeline.clock)
    pipeline.clock.advance(7_200)
    pipeline.step()

    assert names(pipeline) == {NAME, generator_stack(NAME)}
    assert read_end(pipeline, NAME) == moved
    assert remove_end(pipeline, NAME, clock=pipeline.clock)
    assert read_end(pipeline, NAME) is None
    assert not remove_end(pipeline, NAME, clock=pipeline.clock)


def test_a_schedule_deletes_only_what_its_role_may(pipeline: Laboratory) -> None:
    """A role that has lost the right to it deletes nothing when its schedule is due."""
    set_end(pipeline, NAME, later(pipeline, hours=1), deletes_pipeline=True, clock=pipeline.clock)
    iam = pipeline.client("iam")
    [role] = [each["RoleName"] for each in iam.list_roles()["Roles"] if "EndRole" in each["RoleName"]]
    iam.delete_role_policy(RoleName=role, PolicyName="End")
    pipeline.clock.advance(3_700)
    pipeline.step()

    assert names(pipeline) == {NAME, generator_stack(NAME)}


def test_impossible_ends_are_refused(pipeline: Laboratory) -> None:
    """A time that has passed is refused, and so is the end of what is not there."""
    with pytest.raises(ConfigurationError, match="has passed, so `mine` cannot end then"):
        set_end(pipeline, NAME, later(pipeline, hours=-1), deletes_pipeline=True, clock=pipeline.clock)
    with pytest.raises(StackNotFoundError):
        set_end(pipeline, "yours", later(pipeline, hours=1), deletes_pipeline=True, clock=pipeline.clock)

    assert list_ends(pipeline) == ()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01T18:00", datetime(2026, 12, 1, 18, tzinfo=UTC)),
        ("2026-12-01T18:00+01:00", datetime(2026, 12, 1, 17, tzinfo=UTC)),
        ("never", None),
    ],
)
def test_times_are_read_in_utc(text: str, moment: datetime | None) -> None:
    """A time without a zone is in UTC."""
    assert parse_end(text) == moment


def test_what_is_no_time_is_refused() -> None:
    """Anything else says how a time is written."""
    with pytest.raises(ConfigurationError, match="write it in UTC as in 2026-12-01T18:00, or `never`"):
        parse_end("tomorrow")


def test_an_end_says_what_happens_when() -> None:
    """It is told in words, as in the head of a notebook."""
    moment = datetime(2026, 12, 1, 18, tzinfo=UTC)

    assert str(End(moment, deletes_pipeline=True)) == "the stack is deleted on 1 December 2026, 18:00 UTC"
    assert str(End(moment, deletes_pipeline=False)).startswith("its generator is taken away on")


def test_what_was_added_by_hand_outlives_the_end_and_costs_nothing(pipeline: Laboratory) -> None:
    """A role with a learner's policy keeps its stack half deleted: what costs is gone; `destroy` ends it."""
    outputs = {each.name: each.outputs for each in list_stacks(pipeline)}[NAME]
    iam = pipeline.client("iam")
    role = role_of(pipeline, outputs["ReduceLambdaName"])
    iam.put_role_policy(RoleName=role, PolicyName="ReadReduceTable", PolicyDocument=ANY_TABLE)
    set_end(pipeline, NAME, later(pipeline, minutes=1), deletes_pipeline=True, clock=pipeline.clock)
    pipeline.clock.advance(61)
    pipeline.step()

    kinds = {kind for kind, name in everything(pipeline) if not name.startswith(f"{NAME}-end")}
    assert [each.status for each in list_stacks(pipeline)] == ["DELETE_FAILED"]
    assert kinds <= {"role", "table"}

    destroy(pipeline, NAME, clock=ManualClock())

    assert list(everything(pipeline)) == []


@pytest.mark.parametrize("stack", ["mine", "ada-trade-risk-stateful", "a" * 50])
def test_the_end_may_delete_roles_of_long_stacks(stack: str) -> None:
    """CloudFormation keeps 25 characters of a stack in a role's name, and the role of its end knows."""
    roles = {
        (f"{stack}{suffix}", name)
        for template, suffix in (("stateful", ""), ("stateless", ""), ("game", "-generator"))
        for name, each in read(template)["Resources"].items()
        if each["Type"] == "AWS::IAM::Role"
    }

    names = {f"{one}-{role}" if len(one + role) <= 50 else f"{one[:25]}-{role[:25]}" for one, role in roles}

    assert len(names) > 4
    assert [name for name in names if not name.startswith(roles_begin(stack))] == []
