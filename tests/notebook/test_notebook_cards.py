"""Cards: verdicts, hints, solutions, deployments, faults and progress, each with its word and shape."""

from datetime import UTC, datetime

import pytest

from workshop.cloud.fault_plan import FaultPlan
from workshop.course.exercise import Cell, CheckResult, Exercise, Outcome, passed
from workshop.course.progress import ExerciseEntry
from workshop.deploy.stacks import Deployment, StackEvent
from workshop.notebook.controls.panels import draw_faults, fault_words
from workshop.notebook.views.cards import hint_card, solution_card, verdict_card
from workshop.notebook.views.deploying import EventBoard
from workshop.notebook.views.header import HeaderFacts, WayOn, draw_header, with_mark
from workshop.notebook.views.progress import draw_progress
from workshop.notebook.views.values import drawn
from workshop.pipeline.operations.live_faults import LiveFaults
from workshop.pipeline.truth import MessageCounts

EXERCISE = Exercise(
    "connect-it",
    "Connect <it>",
    "03",
    4,
    Cell("03"),
    lambda _: passed(""),
    ("Which one?", "Look there.", "Nearly:\n    call(it)"),
)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_outcome_has_a_word_a_shape_and_is_announced(outcome: Outcome) -> None:
    """Each outcome can be told without colour, and a screen reader is told of it."""
    shown = verdict_card(EXERCISE, CheckResult(outcome, "Saw `a < b`."))

    assert 'role="status"' in shown.html
    assert "<code>a &lt; b</code>" in shown.html
    assert not shown.text[0].isalnum()
    assert "Connect &lt;it&gt;" in shown.html


def test_hints_come_one_by_one() -> None:
    """After the first step nothing of the later ones is there, and the card says how to get more."""
    shown = hint_card(EXERCISE, 1)

    assert "Which one?" in shown.text
    assert "Look there" not in shown.text + shown.html
    assert 'ws.hint("connect-it")' in shown.text


def test_code_in_a_hint_keeps_its_form() -> None:
    """Indented lines of a hint stand in a block of code."""
    assert "<pre>call(it)</pre>" in hint_card(EXERCISE, 3).html


def test_a_solution_is_opened_on_request() -> None:
    """As text it is not there until it is asked for; as HTML it is behind a line that opens it."""
    closed = solution_card("S", "the_code()", advice="a", is_open=False, call="ws.solution(…)")
    opened = solution_card("S", "the_code()", advice="a", is_open=True, call="ws.solution(…)")

    assert "the_code" not in closed.text
    assert "<details><summary>" in closed.html
    assert "the_code" in opened.text


def test_a_deployment_says_whose_code_changed() -> None:
    """Events are told by resource, the end by the functions that have other code now."""
    board = EventBoard("course")
    for status in ("CREATE_IN_PROGRESS", "CREATE_COMPLETE"):
        board.add(StackEvent(datetime.now(UTC), "StateTable", "t", "AWS::DynamoDB::Table", status, ""))

    assert "1 of 1 resources ready" in board.draw().text
    done = board.finish(Deployment("course", "stateful", "starter", {}, ("state", "map"), 1.0))
    assert "Code changed: StateLambda, MapLambda" in done.text
    assert "Time (UTC)" in board.draw().text
    assert "Code changed: none" in board.finish(Deployment("c", "stateful", "starter", {}, (), 1.0)).text
    assert "no room" in board.fail(RuntimeError("no room")).text


def test_the_header_tells_cloud_stack_and_progress() -> None:
    """Who reads only text learns the same: offline or AWS, which stack, how far, and what to note."""
    facts = HeaderFacts(
        "03", "AWS: account 1; costs money", False, "course", False, 2, 8, (0, 1), ["✓ x"], ["old"]
    )
    shown = draw_header(facts)

    for told in ("costs money", "not deployed yet", "2 of 8 solved", "✓ x", "old"):
        assert told in shown.text
        assert told in shown.html


def test_the_header_leads_on() -> None:
    """Where to go on stands in the head, as a link where it is another notebook."""
    ways = (WayOn("You stopped in ", "06 · Live", "06_live.ipynb"), WayOn("Next exercise here: `x`."))
    shown = draw_header(HeaderFacts("03", "OFFLINE: x", True, "course", True, 2, 8, (0, 1), ways_on=ways))

    assert '<a href="06_live.ipynb">06 · Live</a>' in shown.html
    assert "You stopped in 06 · Live\nNext exercise here: x." in shown.text


def test_counts_of_messages_are_told_in_words() -> None:
    """What messages consist of has separators, and what there is none of is left out."""
    shown = drawn(MessageCounts(messages=2000, distinct_trades=1740, duplicates=260))

    assert shown.text == "messages 2,000 · trades 1,740 · duplicates 260"
    assert "conflicts" not in shown.html


def test_faults_in_force_are_listed() -> None:
    """Each fault has its place and its chance; State, which writes for each message, gets a hundredth."""
    plan = FaultPlan.from_words(fault_words({"crash_after": 0.1, "duplicate": 0.0}))
    shown = draw_faults(LiveFaults(plan, FaultPlan(), {"crash_after": 3}))

    assert "crash_after@state" in shown.text
    assert "0.1%" in shown.text
    assert "crash_after 3" in shown.text
    assert "No faults" in draw_faults(LiveFaults(FaultPlan(), None, None)).text


def test_progress_keeps_what_was_passed_before() -> None:
    """An exercise that was passed and whose last check failed counts as solved, and says both."""
    entry = ExerciseEntry(Outcome.INCORRECT, attempts=2, hints=1, passed_at=1.0)
    shown = draw_progress([EXERCISE], {"connect-it": entry}, notebook="03")

    assert "1 of 1 exercises solved" in shown.text
    assert "the last check did not" in shown.text


def test_a_step_that_failed_is_not_ticked() -> None:
    """What a notebook has put in place has a tick; a message that got stuck in it has none."""
    assert with_mark("deploying the stack `course-stateful`").startswith("✓ deploying")
    assert with_mark("the message did not get through: MapLambda fails").startswith("✗ the message")
