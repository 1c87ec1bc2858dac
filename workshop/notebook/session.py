"""`start("03")`, a notebook's first cell: connects, restores what the notebook needs, and returns `ws`.

`ws` is put together from parts: the most used calls stand on it under short names, the others in groups.
"""

import contextlib
import io
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from workshop.classroom.learner.recording import class_progress
from workshop.course.catch_up import (
    fit_mappings,
    restore,
)
from workshop.course.course import Course
from workshop.course.exercises import NOTEBOOKS, all_exercises, checked_notebook
from workshop.course.files import write_whole
from workshop.course.tools.costs import CostTools
from workshop.course.tools.laboratory import LabTools
from workshop.course.tools.plain import LeftoverTools, PlainPipeline
from workshop.deploy.ending import read_end
from workshop.errors import ConfigurationError
from workshop.kit.bare_doctor import LAB_PORT
from workshop.kit.doctor import examine
from workshop.notebook.certificate import certificate_facts
from workshop.notebook.charts.scaling import draw_scaling
from workshop.notebook.classroom.tools import ClassTools
from workshop.notebook.connecting import connected
from workshop.notebook.content import read_notebook_file
from workshop.notebook.control_room.opening import RoomTools
from workshop.notebook.guide import GUIDE
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.parts.actions import PipelineActions
from workshop.notebook.parts.calculator import cost_calculator
from workshop.notebook.parts.exercises import ExerciseTools
from workshop.notebook.parts.game import GameTools
from workshop.notebook.parts.live import LiveTools
from workshop.notebook.parts.proofs import proof_shown
from workshop.notebook.parts.questions import QuestionTools
from workshop.notebook.parts.tables import TableTools
from workshop.notebook.standing import ahead, behind, failing, faults_in_force, unlike
from workshop.notebook.views.cards import status_line
from workshop.notebook.views.certificate import draw_certificate, printable_page
from workshop.notebook.views.differences import TableMemory
from workshop.notebook.views.findings import draw_findings
from workshop.notebook.views.header import HeaderFacts, WayOn, draw_header, with_mark
from workshop.notebook.views.values import teach_ipython
from workshop.pipeline.running_cost import running_cost
from workshop.settings import DEFAULT_PORT

__all__ = ["GUIDE", "NotebookPipeline", "Workshop", "start"]

CERTIFICATE = "certificate.html"
# What the doctor need not ask where a notebook is open in JupyterLab, and its cloud answers.
ANSWERED = {"Browser", "Endpoint", "JupyterLab's port", "Processes"}

NEW_STACK = (
    "`{}` was gone and is new: of what you did in this notebook, nothing is in it. Run the cells below again."
)
DELETED = (
    "Somebody has deleted `{}` of `{}`, and the pipeline cannot work without. `!workshop catch-up {} "
    "--yes`, in a cell of its own, makes it again, without its data; then run this cell once more."
)


class NotebookPipeline(PlainPipeline):
    """One pipeline in a notebook: what changes it is shown, and so is what lies in it."""

    def __init__(self, course: Course, fit: Callable[[], Sequence[str]] = tuple) -> None:
        super().__init__(course)
        memory = TableMemory()
        actions = PipelineActions(course, memory, fit)
        self.deploy = actions.deploy
        self.connect = actions.connect
        self.send = actions.send
        self.rest = actions.rest
        self.clear = actions.clear
        self.tables = TableTools(course, memory)
        self.table = self.tables.show
        self.totals = self.tables.totals
        self.live = LiveTools(course)
        self.lab = LabTools(course, watch_proof=proof_shown)
        self.play = GameTools(course, memory).play
        self.picture = self.live.picture
        self.control_room = RoomTools(course).open

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_")]

    def __repr__(self) -> str:
        return f"<pipeline {self.aws.stack}>"


class Workshop(NotebookPipeline):
    """The learner's pipeline in a notebook, with the course's exercises, questions and other pipelines."""

    def __init__(self, course: Course, notebook: str) -> None:
        super().__init__(course, lambda: fit_mappings(course, notebook))
        # An instance with a text of its own: `help(ws)` prints it, instead of this class's members.
        self.__doc__ = GUIDE
        self._notebook = notebook
        self._record = class_progress(course.home, clock=course.clock)
        self._record.on_unsaved = lambda told: show(status_line("▲ Not saved", told, "warn"))
        self._stopped_in = self._record.last_notebook
        self.classroom = ClassTools(course, notebook)
        self.join = self.classroom.join
        self.leave = self.classroom.leave
        self.exercises = ExerciseTools(course, self._record, notebook, self.classroom.help_calls)
        self.check = self.exercises.check
        self.hint = self.exercises.hint
        self.solution = self.exercises.solution
        questions = QuestionTools(self._record)
        self.predict = questions.predict
        self.reveal = questions.reveal
        self.quiz = questions.quiz
        self.stateless = NotebookPipeline(course.stateless)
        self.tour = NotebookPipeline(course.tour)
        self.costs = CostTools()
        self.cost_calculator = cost_calculator
        self.scaling = draw_scaling
        self.leftovers = LeftoverTools(course)

    def doctor(self) -> Shown:
        """Show whether this machine is ready for the workshop, and how to mend what is not."""
        cloud = self._course.cloud
        port = urlsplit(cloud.endpoint or "").port or DEFAULT_PORT
        findings = examine(port, LAB_PORT, kind=cloud.kind, region=cloud.region)
        return show(draw_findings(each for each in findings if each.check not in ANSWERED))

    def certificate(self, name: str) -> Shown:
        """Show a certificate with your own numbers, and write it to `certificate.html`, for printing.

        It stays on this machine; what is not solved is not claimed.
        """
        if not (name := str(name).strip()):
            raise ConfigurationError('a certificate bears a name: `ws.certificate("Your Name")`')
        facts = certificate_facts(name, all_exercises(), self._record)
        file = self.root / CERTIFICATE
        write_whole(file, printable_page(facts))
        return show(draw_certificate(facts, file.name))

    def __repr__(self) -> str:
        return (
            f"<workshop in notebook {self._notebook}, stack {self.aws.stack}; help(ws) says what it can do>"
        )

    def _header(self, restored: Sequence[str] = (), *, warnings: Sequence[str] = ()) -> Shown:
        """Return the head of the notebook as it is now."""
        exercises, entries = all_exercises(), self._record.entries()
        file = read_notebook_file(self.root, self._notebook)
        passed = {name for name, entry in entries.items() if entry.is_passed}
        here = [each.id for each in exercises if each.notebook == self._notebook]
        return draw_header(
            HeaderFacts(
                title=f"{self._notebook} · {file.title}",
                badge=f"{self._course.cloud.badge}{self._cost}",
                is_offline=self._course.cloud.offline is not None,
                stack=self.aws.stack,
                is_deployed=self.aws.is_deployed,
                done=sum(each.id in passed for each in exercises),
                total=len(exercises),
                here=(sum(name in passed for name in here), len(here)),
                ways_on=self._ways_on(here, passed),
                restored=restored,
                warnings=[
                    *filter(
                        None,
                        [
                            file.warning,
                            self._record.warning,
                            self.classroom.warning,
                            *warnings,
                            *self._standing,
                        ],
                    )
                ],
            )
        )

    def _ways_on(self, here: Sequence[str], passed: Collection[str]) -> list[WayOn]:
        """Say where the learner stopped, if that is another notebook, and what comes next in this one."""
        ways = []
        if (stopped := self._stopped_in) and stopped > self._notebook:
            file = read_notebook_file(self.root, stopped)
            ways.append(WayOn("You stopped in ", f"{stopped} · {file.title}", file.name))
        if (open_one := next((name for name in here if name not in passed), None)) is not None:
            ways.append(WayOn(f"Next exercise here: `{open_one}`."))
        elif here and (following := self._following):
            file = read_notebook_file(self.root, following)
            done = "Everything here is solved. Go on with "
            ways.append(WayOn(done, f"{following} · {file.title}", file.name))
        return ways

    @cached_property
    def _cost(self) -> str:
        """Say on AWS what the stack costs, and when it ends if that is set, as far as the learner may ask."""
        cloud, stack = self._course.cloud, self.aws.stack
        looks = (read_end,) if cloud.offline is not None else (running_cost, read_end)
        told = ""
        for look in looks:
            with contextlib.suppress(ClientError):
                found = look(cloud, stack)
                told += f"; {found}" if found is not None else ""
        return told

    @cached_property
    def _standing(self) -> list[str]:
        """Say which faults are in force, and whether the files are behind the notebook, or ahead of it."""
        course, notebook = self._course, self._notebook
        passed = {name for name, entry in self._record.entries().items() if entry.is_passed}
        faults = faults_in_force(course) if self.aws.is_deployed else ""
        return [faults, behind(course, notebook), ahead(course, notebook, passed)]

    @property
    def _following(self) -> str | None:
        return next((number for number in NOTEBOOKS if number > self._notebook), None)

    def _begin(self) -> None:
        """Put in place what the notebook builds on, and remember that the learner is here."""
        self._restore()
        self._record.begin_notebook(self._notebook)
        self.classroom.begin()

    def _restore(self) -> None:
        """Put in place what the notebook builds on, and tell each step in the head of the notebook."""
        output = Live(self._header())
        done: list[str] = []
        was_deployed = self.aws.is_deployed
        if was_deployed and (gone := self._course.deleted_parts()):
            told = DELETED.format("`, `".join(gone), self.aws.stack, self._notebook)
            output.close(self._header(warnings=[told]))
            return

        def tell(step: str) -> None:
            done.append(f"◐ {step}")
            output.update(self._header(done))

        # The cells that are solved on the way print for their own notebook, not for this one.
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                steps = restore(self._course, self._notebook, say=tell)
        except BaseException:
            # Nothing seems to go on for ever.
            ended = [step.replace("◐", "✓") for step in done[:-1]]
            output.close(self._header(ended + [step.replace("◐", "✗") for step in done[-1:]]))
            raise
        is_new = self._stopped_in == self._notebook and not was_deployed and self.aws.is_deployed
        warnings = [NEW_STACK.format(self.aws.stack)] if is_new else []
        if was_deployed:
            warnings += unlike(self._course, self._notebook)
        if was_deployed and not steps:  # else it was put right a moment ago
            warnings.append(failing(self._course, self._notebook))
        self.__dict__.pop("_cost", None)  # what was put in place costs something from now on
        output.close(self._header([with_mark(step) for step in steps], warnings=warnings))


def start(notebook: str) -> Workshop:
    """Begin a notebook: connect, put in place what it builds on, and show where the learner is.

    An offline cloud that does not run yet is started. Blocks until all of that is done, which takes seconds
    offline and some minutes on AWS.

    Raises:
        ConfigurationError: there is no such notebook, or no cloud answers and none can be started.
    """
    teach_ipython()
    session = Workshop(Course(connected()), checked_notebook(notebook))
    session._begin()  # noqa: SLF001 - a step of `start` alone, not for learners
    return session
