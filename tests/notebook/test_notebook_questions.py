"""Predictions and quizzes: sealed, judged by the question, kept with the progress, usable without buttons."""

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from workshop.clock import ManualClock
from workshop.course.question import Question
from workshop.errors import ConfigurationError
from workshop.notebook.parts import questions as questions_part
from workshop.notebook.parts.questions import QuestionsPart

COLOURS = Question("colour", "Which `colour`?", ("red", "blue"), 1, ("It is not red.", "It is blue."))
COUNT = Question("count", "How many?", answer=Decimal(12), feedback="A dozen.")
MEASURED = Question("measured", "How long?", feedback="It depends.")


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> QuestionsPart:
    known = {question.id: question for question in (COLOURS, COUNT, MEASURED)}
    monkeypatch.setattr(questions_part, "find_question", known.__getitem__)
    course: Any = SimpleNamespace(home=tmp_path, clock=ManualClock())
    return QuestionsPart(cast("Any", course), "03")


def test_a_prediction_is_sealed_and_kept(session: QuestionsPart) -> None:
    """What was predicted is written down without a judgement, and repeated."""
    shown = session.predict("colour", answer="A").latest

    assert "sealed: A · red" in shown.text
    kept = session.record.question("colour")
    assert kept is not None
    assert (kept.answer, kept.is_right) == ("0", None)


def test_a_question_does_not_give_its_answer_away(session: QuestionsPart) -> None:
    """Before there is an answer, neither form holds a word of the feedback."""
    shown = session.predict("colour").latest

    for form in (shown.text, str(shown.html)):
        assert "It is blue" not in form
    assert "A  red" in shown.text
    assert 'ws.predict("colour", answer="A")' in shown.text


@pytest.mark.parametrize(("answer", "word"), [("A", "Not quite"), ("b", "Right"), (1, "Right")])
def test_a_quiz_judges_at_once(session: QuestionsPart, answer: object, word: str) -> None:
    """An option is named by its letter or its place from zero, and the judgement is kept."""
    shown = session.quiz("colour", answer=answer).latest

    assert word in shown.text
    kept = session.record.question("colour")
    assert kept is not None
    assert kept.is_right is (word == "Right")


def test_a_prediction_is_held_against_what_was_seen(session: QuestionsPart) -> None:
    """Guess and value stand beside each other; the entry knows then whether it was right."""
    session.predict("count", answer="1,0")
    shown = session.reveal("count")

    assert "You said: 10" in shown.text
    assert "It is: 12" in shown.text
    assert "A dozen." in shown.text
    kept = session.record.question("count")
    assert kept is not None
    assert kept.is_right is False


def test_what_is_measured_makes_no_guess_wrong(session: QuestionsPart) -> None:
    """Where the value comes from the learner's own machine, it is told and not judged."""
    session.predict("measured", answer=2)

    assert "Measured" in session.reveal("measured", 3.1).text


def test_a_value_can_be_revealed_without_a_prediction(session: QuestionsPart) -> None:
    """Who answered nothing is told the answer all the same."""
    assert "B · blue" in session.reveal("colour", 1).text


@pytest.mark.parametrize("answer", ["", "many", "1.2.3"])
def test_a_number_must_be_one(session: QuestionsPart, answer: object) -> None:
    """What is no number is refused before it is kept."""
    with pytest.raises(ConfigurationError, match="not a number"):
        session.predict("count", answer=answer)
    assert session.record.question("count") is None


@pytest.mark.parametrize("answer", ["C", "blue", 7])
def test_an_answer_that_is_none_says_what_there_is(session: QuestionsPart, answer: object) -> None:
    """Anything but an option is refused by a sentence that names the options."""
    with pytest.raises(ConfigurationError, match="option"):
        session.quiz("colour", answer=answer)


def test_a_value_must_come_from_somewhere(session: QuestionsPart) -> None:
    """A question whose answer is measured cannot be revealed without the value."""
    with pytest.raises(ConfigurationError, match="second argument"):
        session.reveal("measured")
