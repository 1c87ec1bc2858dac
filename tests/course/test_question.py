"""What a question says to an answer."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from workshop.course import questions
from workshop.course.questions import all_questions, find_question
from workshop.course.questions.question import Question
from workshop.errors import ConfigurationError

CHOICE = Question("which", "Which?", ("this", "that"), 1, ("No.", "Yes."))
NUMBER = Question("how-many", "How many?", answer=1200, feedback="There are 1,200.")
OPEN = Question("guess", "How many?", feedback="Look.")


def test_each_option_has_an_answer_of_its_own() -> None:
    """The reply to a choice says whether it is right, with the text of that option."""
    right, wrong = CHOICE.reply(1), CHOICE.reply(0)

    assert (right.is_right, right.feedback) == (True, "Yes.")
    assert (wrong.is_right, wrong.feedback) == (False, "No.")


@pytest.mark.parametrize("given", [1200, "1,200", " 1200.0 ", Decimal(1200)])
def test_numbers_are_compared_by_value(given: int | str | Decimal) -> None:
    """A number is right however it is written."""
    assert NUMBER.reply(given).is_right is True


def test_a_prediction_is_judged_by_what_is_revealed() -> None:
    """A question without an answer is undecided until a value is revealed."""
    assert OPEN.reply(5).is_right is None
    assert OPEN.reply(5, value=5).is_right is True
    assert OPEN.reply(5, value=6).is_right is False


@pytest.mark.parametrize(("question", "given"), [(CHOICE, 2), (CHOICE, -1), (NUMBER, "many"), (NUMBER, "")])
def test_what_is_no_answer_is_refused(question: Question, given: int | str) -> None:
    """A place without an option, and text that is no number, are refused."""
    with pytest.raises(ValueError, match="is no"):
        question.reply(given)


def test_a_question_must_fit_its_options() -> None:
    """A question with an answer beyond its options, or with too few texts, cannot be made."""
    with pytest.raises(ValueError, match="no option 2"):
        Question("x", "?", ("a", "b"), 2)
    with pytest.raises(ValueError, match="2 options and 1 texts"):
        Question("x", "?", ("a", "b"), 0, ("a",))


def test_every_question_has_an_id_of_its_own() -> None:
    """No two questions of the course have the same id, and each is found by it."""
    questions = all_questions()

    assert len({each.id for each in questions}) == len(questions)
    assert all(find_question(each.id) is each for each in questions)


def test_every_choice_has_one_right_option() -> None:
    """In the course's files, each question with options marks one of them as right."""
    files = sorted(Path(questions.__file__).parent.glob("*.toml"))
    asked = [entry for file in files for entry in tomllib.loads(file.read_text("utf-8"))["question"]]
    choices = [entry for entry in asked if "option" in entry]

    assert len(asked) == len(all_questions()) > len(choices) > 0
    assert [each["id"] for each in choices if sum(o.get("right", False) for o in each["option"]) != 1] == []


def test_an_unknown_question_is_said() -> None:
    """An unknown id of a question is an error that names it."""
    with pytest.raises(ConfigurationError, match="no question is called `zzz`"):
        find_question("zzz")
