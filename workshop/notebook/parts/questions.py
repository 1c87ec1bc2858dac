"""Predictions before a step, what they are worth after it, and quizzes.

An answer is given by a button or as an argument, kept with the learner's progress, and judged by the question
itself.
"""

from typing import Any

from workshop.course.progress import CourseProgress
from workshop.course.questions import find_question
from workshop.course.questions.question import Question
from workshop.errors import ConfigurationError
from workshop.notebook.controls.widgets import Control, choice, number_field, show_control
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.views.errors import failed
from workshop.notebook.views.question import LETTERS, ask, place_of, reply_card, sealed_card

__all__ = ["QuestionTools"]


class QuestionTools:
    """Questions; those with options are answered by letter."""

    def __init__(self, record: CourseProgress) -> None:
        self._record = record

    def predict(self, question_id: str, *, answer: Any = None) -> Live:
        """Ask for a prediction and seal it; `answer` gives it without buttons."""
        question = find_question(question_id)

        def seal(place: str) -> Shown:
            self._record.answer(question_id, place, is_right=None)
            return sealed_card(question, place)

        return _Asking(question, "Predict", "predict", seal).begin(answer)

    def reveal(self, question_id: str, value: Any = None) -> Shown:
        """Hold the prediction against what was seen; `value` is a number, or the place of an option."""
        question = find_question(question_id)
        known = self._record.question(question_id)
        given = known.answer if known else None
        measured = round(value, 1) if isinstance(value, float) else value
        seen: Any = question.answer if measured is None else measured
        if seen is None:
            raise ConfigurationError(
                f"the answer to `{question_id}` is what was seen, and nothing was seen yet: run the cells "
                f'above, or give it as the second argument: `ws.reveal("{question_id}", value)`'
            )
        try:
            place = place_of(question, seen)
        except ValueError as error:
            raise ConfigurationError(
                f"{error}; the second argument of `ws.reveal` is what was seen"
            ) from error
        reply = question.reply(place if given is None else given, value=place)
        if given is not None:
            # A number that is measured makes no guess right or wrong.
            is_judged = question.options or question.answer is not None
            self._record.answer(question_id, given, is_right=reply.is_right if is_judged else None)
        return show(reply_card(question, given, reply, value=place))

    def quiz(self, question_id: str, *, answer: Any = None) -> Live:
        """Ask a question and judge the answer at once; `answer` gives it without buttons."""
        question = find_question(question_id)

        def judge(place: str) -> Shown:
            reply = question.reply(place)
            self._record.answer(question_id, place, is_right=reply.is_right)
            # Whoever is wrong is told what is right: there is no second try to spoil.
            return reply_card(question, place, reply, value=None if reply.is_right else str(question.answer))

        return _Asking(question, "Quiz", "quiz", judge).begin(answer)


class _Asking:
    """One question in the output of a cell: the question, buttons below it, and then what is said to it."""

    def __init__(self, question: Question, kind: str, method: str, take: Any) -> None:
        self._question = question
        self._take = take
        example = '"A"' if question.options else "5"
        asked = ask(question, kind=kind, call=f'ws.{method}("{question.id}", answer={example})')
        self._asked = asked
        self._control: Control | None = None

    def begin(self, answer: Any) -> Live:
        """Take the answer if there is one already, else show buttons."""
        if answer is not None:
            output = Live(self._answered(answer))
            output.close()
            return output
        self._output = Live(self._asked)
        options = self._question.options
        row = (
            choice(LETTERS[: len(options)], options, self._take_place)
            if options
            else number_field(self._click)
        )
        self._control = show_control(row, f"Answer: {', '.join(LETTERS[: len(options)]) or 'a number'}")
        self._output.close()
        return self._output

    def _take_place(self, place: int) -> str | None:
        return self._click(str(place))

    def _click(self, given: str) -> str | None:
        try:
            shown = self._answered(given)
        except (ConfigurationError, ValueError) as error:
            return str(error)
        # What a widget raises goes to the page's log, where nobody looks.
        except Exception as error:  # noqa: BLE001
            return failed(error).text
        self._output.update(shown)
        if self._control is not None:
            self._control.close()
        return None

    def _answered(self, given: Any) -> Shown:
        try:
            shown: Shown = self._take(place_of(self._question, given))
        except (ValueError, IndexError) as error:
            raise ConfigurationError(f"{error}; see `ws.predict` and `ws.quiz`") from error
        return shown
