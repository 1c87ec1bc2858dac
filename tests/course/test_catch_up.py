"""The course brought to where a notebook begins, forwards and backwards."""

import pytest

from tests.course.gate.gate_bench import Bench
from tests.effort import LONG
from workshop.cloud.fault_plan import FaultPlan
from workshop.course.answers import handler_file, starter_file
from workshop.course.catch_up import catch_up, file_at, restore
from workshop.course.course import Course
from workshop.course.exercise import judge
from workshop.course.exercises import find_exercise
from workshop.course.mappings import switch
from workshop.deploy.stacks import destroy
from workshop.diagnosis import CauseKind
from workshop.errors import DeploymentError
from workshop.notebook import Workshop
from workshop.pipeline.operations.live_faults import read_faults, set_faults

MAP = "stateful/map.py"


@pytest.fixture(scope="module")
def course(bench: Bench) -> Course:
    """The course of that learner."""
    return bench.course


def own_file(course: Course, path: str = MAP) -> str:
    return handler_file(course.root, path).read_text(encoding="utf-8")


def connected(course: Course) -> set[str]:
    return {each for each in ("StateLambda", "MapLambda", "ReduceLambda") if course.mapping(each)}


def test_the_first_notebooks_find_nothing(course: Course) -> None:
    """Before a learner deploys, nothing is restored."""
    assert restore(course, "00") == ()
    assert restore(course, "01") == ()
    assert not course.is_deployed


def test_restoring_deploys_and_connects_what_is_missing(course: Course) -> None:
    """A notebook finds its stack, and what the cells before it make, whatever was done before."""
    steps = restore(course, "04")

    assert any("deploying" in step for step in steps)
    assert connected(course) == {"StateLambda"}


def test_a_restored_stack_is_the_one_that_was_asked_for(course: Course) -> None:
    """Who did not deploy the stack themselves finds it as the exercise of notebook 01 wants it."""
    restore(course, "04")

    verdict = judge(find_exercise("deploy-stack"), course)

    assert verdict.is_passed, verdict.feedback


def test_restoring_again_does_nothing(course: Course) -> None:
    """Opening a notebook twice changes nothing the second time."""
    restore(course, "04")

    assert restore(course, "04") == ()


def test_restoring_leaves_the_learners_files_alone(course: Course) -> None:
    """A notebook that is opened never touches a handler file."""
    file = handler_file(course.root, MAP)
    text = own_file(course) + "\n# mine\n"
    file.write_text(text, encoding="utf-8")

    restore(course, "06")

    assert own_file(course) == text
    assert connected(course) == {"StateLambda", "MapLambda", "ReduceLambda"}


def test_catching_up_brings_code_connections_and_data(course: Course) -> None:
    """A learner who was away finds a notebook's code, mappings and data; their own version is kept."""
    handler_file(course.root, MAP).write_text(own_file(course) + "\n# mine\n", encoding="utf-8")

    steps = catch_up(course, "10")

    assert own_file(course) == file_at(MAP, "10", course.root)
    assert course.undeployed() == ()
    assert connected(course) == {"StateLambda", "MapLambda", "ReduceLambda"}
    assert course.compare().exact
    assert any("your version is kept" in step for step in steps)
    kept = [file.read_text(encoding="utf-8") for file in (course.home / "kept").rglob("map.py")]
    assert any(text.endswith("# mine\n") for text in kept)


def test_catching_up_with_an_earlier_notebook_goes_back(course: Course) -> None:
    """Going back takes away what later notebooks made, in the cloud and in the files."""
    restore(course, "06")
    course.send(1)

    catch_up(course, "03")

    assert connected(course) == set()
    assert course.messages() == []
    assert own_file(course) == starter_file(MAP, "textbook", course.root)


def test_a_stack_that_is_still_to_be_deployed_goes(course: Course) -> None:
    """Who goes back to before the stack finds none."""
    restore(course, "02")
    assert course.is_deployed

    catch_up(course, "01")

    assert not course.is_deployed


def test_catching_up_brings_the_parameters(course: Course) -> None:
    """A stack that was deployed in another way is made anew as the exercise of notebook 01 wants it."""
    course.deploy(ShardCount=3, LogRetentionDays=7)

    steps = catch_up(course, "05")

    assert any("removing the stack `course-stateful`" in step for step in steps)
    assert judge(find_exercise("deploy-stack"), course).is_passed
    assert connected(course) == {"StateLambda", "MapLambda"}


def test_catching_up_brings_the_settings_of_mappings(course: Course) -> None:
    """What a learner tried out on a connection is as the solutions have it again."""
    source = course.stream_arn("StateTable")
    course.connect(
        "MapLambda",
        EventSourceArn=source,
        StartingPosition="TRIM_HORIZON",
        BatchSize=1000,
        ParallelizationFactor=2,
        MaximumRetryAttempts=0,
    )

    catch_up(course, "06")

    mapping = course.mapping("MapLambda")
    assert (mapping["ParallelizationFactor"], mapping["MaximumRetryAttempts"]) == (1, -1)
    assert connected(course) == {"StateLambda", "MapLambda", "ReduceLambda"}


def test_catching_up_ends_faults_and_deploys_code_of_both_pipelines(course: Course) -> None:
    """A learner who catches up meets no faults that somebody forgot, and no code but that of their files."""
    set_faults(course.cloud, course.outputs, FaultPlan.from_words(["lab"]))
    file = handler_file(course.root, "stateless/map.py")
    file.write_text(file.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    course.stateless.deploy()

    catch_up(course, "09")

    assert read_faults(course.cloud, course.outputs).in_functions == FaultPlan()
    assert course.compare().exact
    assert course.undeployed() == ()
    assert course.stateless.is_deployed
    assert course.stateless.undeployed() == ()


def test_a_notebook_opened_after_a_later_one_fits_its_code(course: Course) -> None:
    """Who comes back from the ledger to a new cloud finds mappings that their code can work with.

    The ledger needs to know the shard of a batch; without it Map would fail at each message for ever.
    """
    catch_up(course, "11")
    destroy(course.cloud, course.stack)

    steps = restore(course, "06")

    assert any("`name-the-shard`" in step for step in steps)
    assert not any("did not get through" in step for step in steps)
    course.send(3)
    assert course.compare().exact


def test_connecting_again_keeps_what_later_code_needs(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who runs an earlier notebook's cell again gets a mapping that their later code can work with."""
    catch_up(course, "11")
    source = course.stream_arn("StateTable")
    ws = Workshop(course, "04")

    found = ws.connect("MapLambda", EventSourceArn=source, StartingPosition="TRIM_HORIZON", BatchSize=1000)

    assert found["TumblingWindowInSeconds"] > 0
    assert "▲ Added: solving `name-the-shard` of notebook 10" in capsys.readouterr().out


def test_a_stack_without_a_table_is_told_and_made_anew(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    """What somebody has deleted by hand is named by the first cell, and catching up replaces the stack."""
    restore(course, "06")
    for table in ("AggregateTable", "ParameterTable"):
        course.client("dynamodb").delete_table(TableName=course.physical(table))
    ws = Workshop(course, "06")

    ws._begin()
    with pytest.raises(DeploymentError, match="`AggregateTable`, `ParameterTable`, which no"):
        course.deploy()

    told = " ".join(capsys.readouterr().out.split())
    assert "deleted `AggregateTable`, `ParameterTable` of `course-stateful`" in told
    assert "!workshop catch-up 06" in told
    catch_up(course, "06")
    assert course.deleted_parts() == ()
    assert course.compare().exact


@pytest.mark.skipif(not LONG, reason="waits a minute for records that get nowhere")
def test_catching_up_is_not_done_before_messages_get_through(course: Course) -> None:
    """A function whose rights somebody has taken away makes no pipeline that is ready."""
    restore(course, "06")
    iam = course.client("iam")
    role = course.role_name("MapLambda")
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=name)
    course.send(1)

    steps = catch_up(course, "06")

    assert any("lets no messages through" in step for step in steps)
    assert course.compare().exact


def test_a_disabled_mapping_is_named_by_whoever_waits(course: Course) -> None:
    """Records that nobody fetches are not waited for in silence, and nobody is told to wait for them."""
    catch_up(course, "06")
    mapping = course.mapping("MapLambda")
    switch(course.client("lambda"), mapping["UUID"], enabled=False, clock=course.clock)
    course.send(5, seed=6)

    rest = course.rest_state(8)

    disabled = "The mapping of MapLambda is disabled; connecting it again enables it"
    assert rest.held_up == f"5 records wait before MapLambda. {disabled}"
    assert course.diagnose_at(rest).summary.endswith(f"once this is mended: {disabled}.")


def test_what_lies_before_an_unconnected_function_is_not_lost(course: Course) -> None:
    """Changes that nothing reads will be read from the oldest on; the diagnosis names the missing mapping."""
    catch_up(course, "06")
    course.disconnect("MapLambda")
    course.send(5, seed=6)

    diagnosis = course.diagnose(8)

    assert diagnosis.causes[0].kind is CauseKind.IN_FLIGHT
    assert diagnosis.summary.splitlines()[1].endswith(
        "once this is mended: MapLambda has no event source mapping."
    )


def test_exercises_that_were_left_out_are_named(course: Course) -> None:
    """Who opens a notebook without the earlier exercises in their files is told why totals will be off."""
    heads = []
    for point in ("04", "10"):
        for path in (MAP, "stateful/state.py", "stateful/reduce.py"):
            handler_file(course.root, path).write_text(file_at(path, point, course.root), encoding="utf-8")
        heads.append(" ".join(Workshop(course, "10")._header().text.split()))

    assert (
        "Not solved yet in your files: `map-subtract-old` of 04, `state-conditional-write` of 09," in heads[0]
    )
    assert "stateless" not in heads[0]
    assert "Not solved yet" not in heads[1]


def test_code_that_fails_is_named_by_whoever_waits(course: Course) -> None:
    """Where a stack is new, a message is tried; the function that fails is named with its last error.

    So it is by everyone who waits or explains: records on their way alone would tell nobody what to do.
    """
    if course.is_deployed:
        destroy(course.cloud, course.stack)
    file = handler_file(course.root, MAP)
    file.write_text("def handler(event, context):\n    raise ValueError('mine')\n", encoding="utf-8")

    steps = restore(course, "05")
    course.send(1)
    rest = course.rest_state(8)

    for told in (steps[-1], rest.held_up, course.diagnose_at(rest).summary):
        assert "MapLambda fails: ValueError: mine (map.py, line 2)" in told
    assert "did not get through" in steps[-1]


def test_a_stuck_message_is_told_where_the_cloud_does_not_count(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On AWS totals are at rest behind a stuck message as well; the table that stays empty is named."""
    monkeypatch.setattr(course, "pending", lambda: None)
    monkeypatch.setattr(type(course), "quiet", course.clock.sleep)
    monkeypatch.setattr("workshop.course.rest.UNCHANGED_SECONDS", 2.0)
    file = handler_file(course.root, MAP)
    file.write_text("def handler(event, context):\n    raise ValueError('mine')\n", encoding="utf-8")
    if course.is_deployed:
        destroy(course.cloud, course.stack)

    steps = restore(course, "05")

    assert "did not get through: `ReduceTable` is still empty. MapLambda fails: ValueError" in steps[-1]
