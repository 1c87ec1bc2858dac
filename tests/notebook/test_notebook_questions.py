"""Predictions and quizzes: sealed, judged by the question, kept with the progress, usable without buttons."""

import errno
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.notebook.test_check_card import open_page
from workshop.clock import ManualClock
from workshop.course.progress import CourseProgress
from workshop.course.questions.question import Question
from workshop.errors import ConfigurationError
from workshop.notebook.parts import questions as questions_part
from workshop.notebook.parts.questions import QuestionTools

COLOURS = Question("colour", "Which `colour`?", ("red", "blue"), 1, ("It is not red.", "It is blue."))
COUNT = Question("count", "How many?", answer=Decimal(12), feedback="A dozen.")
MEASURED = Question("measured", "How long?", feedback="It depends.")


@pytest.fixture
def record(tmp_path: Path) -> CourseProgress:
    return CourseProgress(tmp_path, clock=ManualClock())


@pytest.fixture
def session(record: CourseProgress, monkeypatch: pytest.MonkeyPatch) -> QuestionTools:
    known = {question.id: question for question in (COLOURS, COUNT, MEASURED)}
    monkeypatch.setattr(questions_part, "find_question", known.__getitem__)
    return QuestionTools(record)


def test_a_prediction_is_sealed_and_kept(session: QuestionTools, record: CourseProgress) -> None:
    """What was predicted is written down without a judgement, and repeated."""
    shown = session.predict("colour", answer="A").latest

    assert "sealed: A · red" in shown.text
    kept = record.question("colour")
    assert (kept.answer, kept.is_right) == ("0", None)


def test_a_question_does_not_give_its_answer_away(session: QuestionTools) -> None:
    """Before there is an answer, neither form holds a word of the feedback."""
    shown = session.predict("colour").latest

    for form in (shown.text, str(shown.html)):
        assert "It is blue" not in form
    assert "A  red" in shown.text
    assert 'ws.predict("colour", answer="A")' in shown.text


@pytest.mark.parametrize(("answer", "word"), [("A", "Not quite"), ("b", "Right"), (1, "Right")])
def test_a_quiz_judges_at_once(
    session: QuestionTools, record: CourseProgress, answer: object, word: str
) -> None:
    """An option is named by its letter or its place from zero, and the judgement is kept."""
    shown = session.quiz("colour", answer=answer).latest

    assert word in shown.text
    kept = record.question("colour")
    assert kept.is_right is (word == "Right")


def test_a_wrong_answer_to_a_quiz_names_the_right_one(session: QuestionTools) -> None:
    """Whoever was wrong is told the right option beside the text for their own."""
    wrong, right = (session.quiz("colour", answer=answer).latest.text for answer in "AB")

    assert "It is: B · blue" in wrong
    assert "It is: " not in right


def test_a_prediction_is_held_against_what_was_seen(session: QuestionTools, record: CourseProgress) -> None:
    """Guess and value stand beside each other; the entry knows then whether it was right."""
    session.predict("count", answer="1,0")
    shown = session.reveal("count")

    assert "You said: 10" in shown.text
    assert "It is: 12" in shown.text
    assert "A dozen." in shown.text
    kept = record.question("count")
    assert kept.is_right is False


def test_what_is_measured_makes_no_guess_wrong(session: QuestionTools, record: CourseProgress) -> None:
    """What comes from the learner's own machine is told and not judged, also in what is kept."""
    session.predict("measured", answer=2)

    assert "Measured" in session.reveal("measured", 3.1).text
    assert record.question("measured").is_right is None


def test_a_value_can_be_revealed_without_a_prediction(session: QuestionTools) -> None:
    """Who answered nothing is told the answer all the same."""
    assert "B · blue" in session.reveal("colour", 1).text


@pytest.mark.parametrize("answer", ["", "many", "1.2.3"])
def test_a_number_must_be_one(session: QuestionTools, record: CourseProgress, answer: object) -> None:
    """What is no number is refused before it is kept."""
    with pytest.raises(ConfigurationError, match="not a number"):
        session.predict("count", answer=answer)
    assert record.question("count") is None


@pytest.mark.parametrize("answer", ["C", "blue", 7])
def test_an_answer_that_is_none_says_what_there_is(session: QuestionTools, answer: object) -> None:
    """Anything but an option is refused by a sentence that names the options."""
    with pytest.raises(ConfigurationError, match="option"):
        session.quiz("colour", answer=answer)


def test_a_value_must_come_from_somewhere(session: QuestionTools) -> None:
    """A question whose answer is measured cannot be revealed without the value."""
    with pytest.raises(ConfigurationError, match="second argument"):
        session.reveal("measured")
    with pytest.raises(ConfigurationError, match="run the cells above"):
        session.reveal("measured", None)


@pytest.mark.parametrize("question", [COLOURS, COUNT])
def test_an_answer_that_cannot_be_kept_is_said_where_it_was_given(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong after a click, such as a full disk, is said beside the buttons or the field, aloud."""
    rows: list[Any] = []
    monkeypatch.setattr(questions_part, "show_control", lambda row, _: rows.append(row))
    monkeypatch.setattr(questions_part, "find_question", lambda _: question)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    QuestionTools(cast("Any", SimpleNamespace(answer=full))).predict(question.id)
    row = rows[0].children
    if not question.options:
        row[0].value = "12"
    [*_, button, said] = row

    button.click()

    assert said.value.startswith('<span role="alert">✗ Not done: OSError')
    assert "Make room on that disk" in said.value


def test_the_same_mistake_is_announced_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who gives the same wrong number twice hears twice that it is none."""
    rows: list[Any] = []
    monkeypatch.setattr(questions_part, "show_control", lambda row, _: rows.append(row))
    monkeypatch.setattr(questions_part, "find_question", lambda _: COUNT)
    QuestionTools(cast("Any", SimpleNamespace())).predict("count")
    field, button, said = rows[0].children
    field.value, told = "<b>many</b>", []
    said.observe(lambda change: told.append(change.new), "value")

    button.click()
    button.click()

    assert [bool(each) for each in told] == [True, False, True]
    assert "&lt;b&gt;many" in said.value


@pytest.mark.parametrize("question", [COLOURS, COUNT])
def test_a_question_on_a_page_that_was_opened_later_says_what_to_do(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody would see the reply, no answer is taken."""
    rows: list[Any] = []
    monkeypatch.setattr(questions_part, "show_control", lambda row, _: rows.append(row))
    monkeypatch.setattr(questions_part, "find_question", lambda _: question)
    open_page(monkeypatch)
    QuestionTools(cast("Any", SimpleNamespace())).predict(question.id)
    open_page(monkeypatch)

    rows[0].children[-2].click()

    [said] = rows[0].children
    assert "run this cell again" in said.value
