"""A learner's course in the offline cloud: connected by hand, fed, emptied, and diagnosed."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.course.gate.gate_bench import Bench
from tests.lambdas.test_published_messages import PUBLISHED
from workshop.cli.clear import begin_run
from workshop.clock import ManualClock
from workshop.course.course import Course, stack_prefix
from workshop.course.exercises import find_exercise
from workshop.course.rest import Rest
from workshop.course.trials.events import reduce_row
from workshop.errors import ConfigurationError, StackNotFoundError
from workshop.pipeline.example import EXAMPLE_MESSAGES
from workshop.pipeline.messages import Message
from workshop.pipeline.operations.clear import clear
from workshop.pipeline.truth import GRAND_TOTAL

M1 = EXAMPLE_MESSAGES["M1"]


@pytest.fixture(scope="module")
def bench(bench: Bench) -> Bench:
    """A learner at the beginning of notebook 06: connected, with handlers that know no guards."""
    with pytest.raises(StackNotFoundError):
        _ = bench.course.outputs
    bench.begin(find_exercise("totals-exact"))
    return bench


@pytest.fixture
def course(bench: Bench) -> Course:
    """The course, empty."""
    if bench.course.messages() or bench.course.totals().totals:
        bench.course.clear()
    return bench.course


def settings(course: Course) -> dict[str, object]:
    """Return how MapLambda is connected."""
    return {"EventSourceArn": course.stream_arn("StateTable"), "StartingPosition": "TRIM_HORIZON"}


def test_totals_are_held_against_the_messages_that_led_to_them(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Messages that come while totals are judged do not make them wrong: they are waited for."""
    course.send(20)
    at_rest, late = course.rest_state, [1, 2]

    def rest_state(timeout: float = 60.0) -> Rest:
        rest = at_rest(timeout)
        if late:
            course.send(5, seed=100 + late.pop())
        return rest

    monkeypatch.setattr(course, "rest_state", rest_state)

    assert course.diagnose().exact
    late += [1]
    assert course.compare().exact


def test_a_clear_in_a_terminal_begins_a_new_run(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent before `workshop clear` is forgotten by a notebook that is open meanwhile."""
    monkeypatch.setenv("WORKSHOP_HOME", str(course.home))
    course.send(5)
    assert len(course.messages()) == 5

    clear(course.cloud, course.stack)
    begin_run(course.cloud, course.target)

    assert course.messages() == []


def test_messages_are_remembered_by_the_stream(course: Course) -> None:
    """The truth knows every message since the last clear, whoever sent it, also after a restart."""
    sent = course.send(30)
    course.client("kinesis").put_record(
        StreamName=course.outputs["StreamName"], Data=M1.wire(1.0), PartitionKey=M1.trade_id
    )

    again = Course(course.cloud, root=course.root, home=course.home)

    assert sorted(each.trade_id for each in again.messages()) == sorted(
        [M1.trade_id, *(each.trade_id for each in sent.messages)]
    )
    assert again.truth().trades[GRAND_TOTAL] == 31


def test_published_messages_are_exact_as_they_are(course: Course) -> None:
    """Messages without a version or a timestamp count in the truth, the totals and the diagnosis."""
    for data in PUBLISHED[:1] + PUBLISHED[2:]:
        course.client("kinesis").put_record(
            StreamName=course.outputs["StreamName"], Data=data, PartitionKey="by hand"
        )

    assert course.compare().exact
    assert course.diagnose().exact
    assert course.reconcile().exact
    assert course.totals().totals[GRAND_TOTAL] == Decimal("34744.51")
    assert course.totals().latency.total == 3


def test_a_run_at_rest_is_exact(course: Course) -> None:
    """Plain messages make exact totals even without guards, and the diagnosis says that nothing is wrong."""
    course.send(60)

    assert course.compare().exact
    assert course.diagnose().exact
    assert course.reconcile().exact


def test_the_same_number_gives_the_same_messages(course: Course) -> None:
    """A plan without a seed is always the same one."""
    first, again = (list(course.send(20).messages) for _ in range(2))

    assert first == again


def test_messages_can_be_given_one_by_one(course: Course) -> None:
    """A list of messages is sent in its order; options of a plan beside it are refused."""
    newer = replace(M1, version=2, value=Decimal("80.00"))

    result = course.send([M1, newer])

    assert list(result.messages) == [M1, newer]
    with pytest.raises(ConfigurationError, match="`modify` is for a number"):
        course.send([M1], modify=5)


def test_a_row_that_is_added_twice_is_diagnosed(course: Course) -> None:
    """A diagnosis names the cell, by how much it is wrong, and the most likely cause."""
    course.send([M1])
    course.rest()
    course.deliver("ReduceLambda", course.row_event(course.items("ReduceTable")))

    diagnosis = course.diagnose()

    assert not diagnosis.exact
    assert "`Delta:FXOptions:AMER` is 75.00 too large" in diagnosis.summary
    assert "was added twice" in diagnosis.summary


def test_clearing_reaches_what_is_on_its_way(course: Course) -> None:
    """A clear with messages in flight leaves nothing, and the next run is exact, without any epochs."""
    course.send(400)
    course.clear()

    assert course.messages() == []
    assert course.totals().totals == {}
    assert course.items("StateTable") == []
    course.send(50, seed=5)
    assert course.compare().exact


def test_connecting_again_changes_what_differs(course: Course) -> None:
    """The same mapping is changed; what is not mentioned any more has its default again."""
    course.connect("MapLambda", **settings(course), BatchSize=100, MaximumBatchingWindowInSeconds=1)
    before = course.mapping("MapLambda")
    after = course.connect("MapLambda", **settings(course), BatchSize=50)
    course.connect("MapLambda", **settings(course), BatchSize=100)

    assert (before["BatchSize"], after["BatchSize"]) == (100, 50)
    assert after["UUID"] == before["UUID"]
    assert after["MaximumBatchingWindowInSeconds"] == 0
    assert after["State"] == "Enabled"


def test_connecting_the_same_way_changes_nothing(course: Course) -> None:
    """Running a cell that connects once more leaves the mapping as it is."""
    first = course.connect("MapLambda", **settings(course), BatchSize=100)
    again = course.connect("MapLambda", **settings(course), BatchSize=100)

    assert again["LastModified"] == first["LastModified"]


def test_a_mapping_that_begins_elsewhere_is_made_anew(course: Course) -> None:
    """A starting position cannot be changed, so the mapping is replaced."""
    source = course.stream_arn("StateTable")
    first = course.mapping("MapLambda")
    latest = course.connect("MapLambda", EventSourceArn=source, StartingPosition="LATEST")
    course.connect("MapLambda", **settings(course), BatchSize=1000, MaximumBatchingWindowInSeconds=1)
    course.clear()

    assert latest["UUID"] != first["UUID"]
    assert latest["StartingPosition"] == "LATEST"


def test_reading_the_stream_again_brings_its_messages_back(course: Course) -> None:
    """When StateLambda reads from the oldest record once more, all that was ever sent counts again."""
    course.send([M1])
    course.rest()
    course.clear()
    arguments = {"EventSourceArn": course.stream_arn("IncomingDataStream"), "BatchSize": 100}

    course.disconnect("StateLambda")
    course.connect("StateLambda", StartingPosition="TRIM_HORIZON", **arguments)
    course.rest()

    assert M1.trade_id in {each.trade_id for each in course.messages()}
    assert M1.trade_id in {item["TradeID"] for item in course.items("StateTable")}


def test_an_error_of_a_function_says_where(course: Course) -> None:
    """A function that fails is quoted with the line of the learner's file."""
    delivery = course.deliver("MapLambda", {"Records": [{"eventName": "INSERT"}]})

    assert re.search(r"KeyError.*stateful/map\.py, line \d+", str(delivery))


def test_messages_can_be_delivered_by_hand(course: Course) -> None:
    """A list of messages reaches StateLambda as the event of the stream that would bring them."""
    delivery = course.deliver("StateLambda", [M1])

    assert delivery.error is None
    assert [item["TradeID"] for item in course.items("StateTable")] == [M1.trade_id]


def test_a_logical_id_that_is_not_there_is_said(course: Course) -> None:
    """A wrong name is answered with those that there are."""
    with pytest.raises(ConfigurationError, match=r"there are: IncomingDataStream, .*StateTable"):
        course.physical("StateTabel")
    with pytest.raises(ConfigurationError, match="has no stream"):
        course.stream_arn("AggregateTable")
    with pytest.raises(
        ConfigurationError, match=r"`StateLambda` is no table .*there are: StateTable, Reduce"
    ):
        course.items("StateLambda")
    with pytest.raises(
        ConfigurationError, match=r"`StateTable` is no function .*there are: StateLambda, Map"
    ):
        course.mapping("StateTable")


def test_saved_code_that_does_not_run_yet_is_known(course: Course) -> None:
    """A changed handler file is undeployed until the next deployment."""
    file = course.root / "lambdas" / "stateful" / "state.py"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "\n# changed\n", encoding="utf-8")

    assert course.undeployed() == ("state",)
    assert course.deploy().changed_functions == ("state",)
    assert course.undeployed() == ()
    file.write_text(text, encoding="utf-8")
    course.deploy()


def test_a_deployment_leaves_connections_alone(course: Course) -> None:
    """Deploying again keeps the mappings and rights that were made by hand."""
    course.deploy()

    assert all(course.mapping(each) for each in ("StateLambda", "MapLambda", "ReduceLambda"))
    course.send([M1])
    assert course.compare().exact


def test_names_begin_with_the_prefix(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    """Stacks are called after the argument, else after `WORKSHOP_STACK`, else `course`."""
    monkeypatch.delenv("WORKSHOP_STACK", raising=False)
    assert stack_prefix() == "course"
    monkeypatch.setenv("WORKSHOP_STACK", "anna")
    assert stack_prefix() == "anna"
    assert stack_prefix("ben") == "ben"
    mine = Course(bench.course.cloud, root=bench.course.root, home=bench.course.home)
    assert (mine.stack, mine.stateless.stack) == ("anna-stateful", "anna-stateless")


def test_a_stack_that_is_made_anew_has_no_past(bench: Bench) -> None:
    """Another stack of the same name begins with no messages, and is not deployed until somebody does."""
    other = Course(bench.course.cloud, root=bench.course.root, home=bench.course.home, prefix="other")
    assert not other.is_deployed
    record: list[Message] = [M1]

    other.deploy()
    other.send(record)

    assert len(other.messages()) == 1
    assert other.sent is other.sent


def test_the_stack_is_asked_about_as_seldom_as_its_outputs(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads the stream again and again asks CloudFormation nothing while the outputs are known."""
    monkeypatch.setattr(course, "clock", clock := ManualClock(course.clock.now()))
    asked: list[str] = []
    events = course.client("cloudformation").meta.events
    events.register("before-call.cloudformation.*", note := lambda model, **_: asked.append(model.name))
    course.messages()
    asked.clear()

    course.messages()
    assert asked == []
    clock.advance(60)
    course.messages()

    events.unregister("before-call.cloudformation.*", note)
    assert asked


def test_totals_that_nobody_sent_are_diagnosed(course: Course) -> None:
    """Totals without any message are wrong, and the diagnosis says by how much."""
    course.deliver("ReduceLambda", course.row_event([reduce_row([M1])]))

    diagnosis = course.diagnose()

    assert not diagnosis.exact
    assert "`Delta:FXOptions:AMER` is 75.00 too large" in diagnosis.summary


def test_records_before_a_function_that_nothing_feeds_are_told(course: Course) -> None:
    """At rest, the records before a function are counted, whose mapping is disabled or missing."""
    found = course.mapping("MapLambda")
    assert found is not None
    course.client("lambda").update_event_source_mapping(UUID=found["UUID"], Enabled=False)
    course.send(6)

    told = course.rest_state().held_up
    course.disconnect("MapLambda")
    rest = course.rest_state()

    assert told.startswith("6 records wait before MapLambda. The mapping of MapLambda is disabled")
    assert rest.held_up == ""
    assert rest.unread == (
        "MapLambda has no event source mapping, so nothing reads the 6 items of StateTable."
    )

    course.connect("MapLambda", **settings(course))
    assert course.rest_state().unread == ""
