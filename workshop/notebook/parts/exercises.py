"""`ws.exercises`: check, hint, solution, and how far the learner is."""

from collections.abc import Callable

from workshop.course.answers import handler_file, solution_text
from workshop.course.course import Course
from workshop.course.exercise import CheckResult, Exercise, Function, Outcome, judge
from workshop.course.exercises import all_exercises, find_exercise
from workshop.course.progress import CourseProgress
from workshop.course.releases import release_as_of
from workshop.course.solving import reset
from workshop.notebook.classroom.help_calls import HelpCalls
from workshop.notebook.controls.waiting import WaitLine
from workshop.notebook.markup.display import Shown, show
from workshop.notebook.markup.html import code_in, element, join
from workshop.notebook.parts.check_card import CheckActions, CheckCard
from workshop.notebook.views.cards import card, hint_card, solution_card
from workshop.notebook.views.progress import draw_progress

__all__ = ["ExerciseTools"]


class ExerciseTools:
    """Checks and what helps on the way to them; `workshop check` does the same in a terminal."""

    def __init__(
        self,
        course: Course,
        record: CourseProgress,
        notebook: str,
        help_calls: Callable[[str], HelpCalls | None] = lambda _: None,
    ) -> None:
        self._course = course
        self._record = record
        self._notebook = notebook
        self._help_calls = help_calls

    def check(self, exercise_id: str) -> CheckResult:
        """Look at what was done for an exercise, and say what was found; may be repeated."""
        exercise = find_exercise(exercise_id)
        place = exercise.answer_location
        actions = CheckActions(
            look=lambda line: self._look(exercise, line),
            hint=lambda: self._next_hint(exercise),
            solution=lambda: self._way_to_do_it(exercise, is_open=False),
            reset=lambda: self._starter_again(exercise),
            file=handler_file(self._course.root, place.path) if isinstance(place, Function) else None,
            help_calls=self._help_calls(exercise.id),
        )
        return CheckCard(exercise, actions).check()

    def hint(self, exercise_id: str) -> Shown:
        """Show the hints for an exercise so far and one more: a question, a pointer, then nearly the code."""
        return show(self._next_hint(find_exercise(exercise_id)))

    def solution(self, exercise_id: str, *, show_code: bool = False) -> Shown:
        """Show a way to do an exercise, behind a line that opens it; `show_code` opens it at once."""
        return show(self._way_to_do_it(find_exercise(exercise_id), is_open=show_code))

    def reset(self, exercise_id: str) -> Shown:
        """Put the starter of an exercise back; the version that was there is kept beside."""
        return show(self._starter_again(find_exercise(exercise_id)))

    def undo(self, exercise_id: str) -> None:
        """Take away what the cell of an exercise has made in the cloud; what you have passed stays passed."""
        if undo := find_exercise(exercise_id).undo:
            undo(self._course)

    def deploy_as_of(self, notebook: str) -> None:
        """Let the functions run the code that the course has where a notebook begins, such as `"08"`.

        Your files stay as they are; `ws.deploy()` brings them back. Blocks for some seconds.
        """
        release_as_of(self._course, notebook)

    def progress(self) -> Shown:
        """Show every exercise of the course and how far each is."""
        return show(draw_progress(all_exercises(), self._record.entries(), notebook=self._notebook))

    def _look(self, exercise: Exercise, line: WaitLine) -> tuple[CheckResult, str]:
        both = self._course, self._course.stateless
        before = [each.on_wait for each in both]
        try:
            for each in both:
                each.on_wait = line.telling
            verdict = judge(exercise, self._course)
        finally:
            for each, telling in zip(both, before, strict=True):
                each.on_wait = telling
        self._record.record(exercise.id, verdict)
        return verdict, self._next_step(exercise, verdict)

    def _next_hint(self, exercise: Exercise) -> Shown:
        step = min(self._record.of(exercise.id).hints + 1, len(exercise.hints))
        self._record.take_hint(exercise.id, step)
        return hint_card(exercise, step)

    def _way_to_do_it(self, exercise: Exercise, *, is_open: bool) -> Shown:
        entry = self._record.of(exercise.id)
        self._record.take_solution(exercise.id)
        return solution_card(
            f"Solution: {exercise.title}",
            solution_text(exercise, self._course.root),
            advice=_advice(exercise, hints_left=len(exercise.hints) - entry.hints, passed=entry.is_passed),
            is_open=is_open,
            call=f'ws.solution("{exercise.id}", show_code=True)',
        )

    def _starter_again(self, exercise: Exercise) -> Shown:
        done = reset(exercise, self._course)
        self._record.reset(exercise.id)
        body = join([element("p", code_in(done.message), class_="prose"), element("pre", done.text)])
        return Shown(card(f"Reset: {exercise.id}", body), f"{done.message}\n\n{done.text}")

    def _next_step(self, exercise: Exercise, verdict: CheckResult) -> str:
        taken = self._record.of(exercise.id).hints
        match verdict.outcome:
            case Outcome.INCORRECT | Outcome.NOT_ATTEMPTED if taken < len(exercise.hints):
                return f'Stuck? `ws.hint("{exercise.id}")` gives hint {taken + 1} of {len(exercise.hints)}.'
            case Outcome.INCORRECT | Outcome.NOT_ATTEMPTED:
                return f'`ws.solution("{exercise.id}")` shows a way to do it.'
        return ""


def _advice(exercise: Exercise, *, hints_left: int, passed: bool) -> str:
    place = exercise.answer_location
    where = (
        f"It goes into `lambdas/{place.path}`."
        if isinstance(place, Function)
        else "It is the exercise's cell."
    )
    if passed:
        return f"You have passed this one; compare it with yours. {where}"
    if hints_left:
        hints = "is still one hint" if hints_left == 1 else f"are still {hints_left} hints"
        return f'There {hints} to take: `ws.hint("{exercise.id}")`. {where}'
    return where
