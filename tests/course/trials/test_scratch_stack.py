"""The stack on which handler files are tried out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.course.gate.gate_bench import Bench
from workshop.cloud import one_at_a_time
from workshop.cloud.connection import Cloud
from workshop.course.answers import handler_file, starter_file
from workshop.course.course import Course
from workshop.course.delivery import Delivery
from workshop.course.exercise import Exercise, Function, Outcome, judge
from workshop.course.exercises import find_exercise
from workshop.course.trials.events import reduce_row
from workshop.course.trials.scratch_stack import ScratchStack, exclusive, open_scratch_stack
from workshop.course.trials.trial import check_by, failures_in
from workshop.deploy.teardown import destroy
from workshop.errors import BundleError, ConfigurationError
from workshop.pipeline.example import EXAMPLE_MESSAGES

MESSAGES = list(EXAMPLE_MESSAGES.values())
STATE = "stateful/state.py"


@pytest.fixture
def course(bench: Bench) -> Iterator[Course]:
    """The course with its starters."""
    yield bench.course
    for path in (STATE, "stateful/map.py", "stateful/reduce.py"):
        file = handler_file(bench.course.root, path)
        file.write_text(starter_file(path, "textbook", bench.course.root), encoding="utf-8")


def save(course: Course, text: str, path: str = STATE) -> None:
    handler_file(course.root, path).write_text(text, encoding="utf-8")


def test_handlers_can_be_called_one_after_the_other(course: Course) -> None:
    """Messages, changes and rows made by hand leave what those of a pipeline leave."""
    scratch = open_scratch_stack(course)

    deliveries = (
        scratch.invoke("state", scratch.kinesis_event(MESSAGES)),
        scratch.invoke("map", scratch.change_event([(None, message) for message in MESSAGES])),
        scratch.invoke("reduce", scratch.row_event([reduce_row(MESSAGES)])),
    )

    assert [each.error for each in deliveries] == [None] * 3
    assert len(scratch.items("StateTable")) == 5
    assert len(scratch.items("ReduceTable")) == 1
    totals = {item["Identifier"]: item.get("Value") for item in scratch.items("AggregateTable")}
    assert totals["Grand Total"] == sum(message.value for message in MESSAGES)


def test_a_scratch_stack_begins_empty(course: Course) -> None:
    """What an earlier check left is gone."""
    scratch = open_scratch_stack(course)
    scratch.invoke("state", scratch.kinesis_event(MESSAGES))
    assert scratch.items("StateTable")

    again = open_scratch_stack(course)

    assert again.items("StateTable") == []


def test_the_course_itself_is_not_touched(course: Course) -> None:
    """A scratch stack needs no course stack, and makes none."""
    open_scratch_stack(course)

    assert not course.is_deployed


def test_saved_code_is_what_runs(course: Course) -> None:
    """A change of a file runs there without the learner deploying anything."""
    open_scratch_stack(course)
    save(course, "def handler(event, _context):\n    return 'mine'\n")

    scratch = open_scratch_stack(course)

    assert scratch.invoke("state", scratch.kinesis_event(MESSAGES)).answer == "mine"


def test_events_are_new_in_every_check(course: Course) -> None:
    """The same check makes other events the next time, so that no token of the last one stands in its way."""
    first, later = open_scratch_stack(course), open_scratch_stack(course)
    later._number = first._number + 1

    assert first.kinesis_event(MESSAGES) == first.kinesis_event(MESSAGES)
    assert first.kinesis_event(MESSAGES) != later.kinesis_event(MESSAGES)
    assert first.row_event([reduce_row(MESSAGES)]) != later.row_event([reduce_row(MESSAGES)])


def test_an_error_of_the_handler_is_a_value(course: Course) -> None:
    """A check gets an error of the handler as a value, with the line of the learner's file."""
    save(course, "def handler(event, _context):\n    raise ValueError('due')\n")
    scratch = open_scratch_stack(course)

    delivery = scratch.invoke("state", scratch.kinesis_event(MESSAGES))

    assert delivery == Delivery("StateLambda", 5, error=delivery.error)
    assert "`ValueError: due` (stateful/state.py, line 2)" in str(delivery.error)


def test_a_file_that_does_not_import_is_quoted(course: Course) -> None:
    """A handler that imports what is not there fails with Lambda's words, which name files as learners do."""
    save(course, "from common.storage import nothing\n\n\ndef handler(event, _context):\n    return None\n")
    scratch = open_scratch_stack(course)

    error = scratch.invoke("state", scratch.kinesis_event(MESSAGES)).error

    assert re.search(r"ImportModuleError.*nothing.*\(lambdas/common/storage\.py\)", str(error))


def test_a_file_that_is_no_python_is_named_with_its_line(course: Course) -> None:
    """A handler that does not parse is refused before anything is deployed."""
    save(course, "x = 1\ndef handler(:\n")

    with pytest.raises(BundleError, match=r"lambdas/stateful/state\.py`, line 2"):
        open_scratch_stack(course)


@pytest.mark.parametrize(
    "text", ["def handler(:\n", "import nothing_at_all\n", "def handler(e, c):\n    1 / 0\n"]
)
def test_a_broken_file_is_an_incorrect_answer(course: Course, text: str) -> None:
    """Whatever a learner saves, a check that calls it says incorrect, never broken."""
    save(course, text)

    def trial(scratch: ScratchStack) -> Iterator[str]:
        yield from failures_in(scratch.invoke("state", scratch.kinesis_event(MESSAGES)), "Messages came in")

    answer = Function(STATE, None, "textbook")
    check = check_by(trial, answer, success="It runs.")
    exercise = Exercise("an-id", "T", "03", 5, answer, check)

    assert judge(exercise, course).outcome is Outcome.INCORRECT


def test_a_scratch_stack_that_was_removed_is_made_again(course: Course) -> None:
    """A learner may destroy the scratch stack; the next check deploys it anew."""
    scratch = open_scratch_stack(course)
    destroy(course.cloud, scratch.stack)

    again = open_scratch_stack(course)

    assert again.invoke("state", again.kinesis_event(MESSAGES)).error is None


def test_two_checkouts_do_not_share_a_scratch_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second check in the same cloud waits, also with a home of its own; in another cloud it does not."""
    monkeypatch.setattr(one_at_a_time, "MOST_SECONDS", 0.0)
    first, second, elsewhere = (
        Course(Cloud("offline", region="us-east-1", endpoint=endpoint), root=tmp_path, home=tmp_path / home)
        for endpoint, home in (
            ("http://127.0.0.1:9", "a"),
            ("http://localhost:9", "b"),
            ("http://127.0.0.1:13", "c"),
        )
    )

    with exclusive(first), exclusive(elsewhere), pytest.raises(ConfigurationError, match="Another check"):
        exclusive(second).__enter__()
    with exclusive(second):
        pass


@pytest.mark.parametrize(
    ("path", "exercise"), [("map.py", "map-batch-guard"), ("reduce.py", "reduce-request-token")]
)
def test_the_ledger_passes_as_the_guard_that_it_replaced(course: Course, path: str, exercise: str) -> None:
    """Who has gone on to notebook 10 and checks notebook 09 again hears nothing wrong of the ledger."""
    ledger = course.root / "solutions" / "lambdas" / "ledger" / "stateful" / path
    save(course, ledger.read_text(encoding="utf-8"), f"stateful/{path}")

    verdict = judge(find_exercise(exercise), course)

    assert verdict.outcome is Outcome.PASSED, verdict.feedback
