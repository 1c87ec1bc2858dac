"""`start("03")`, a notebook's first cell: connects, restores what the notebook needs, returns the session.

In goes the number of a notebook, out come a header and `ws`, through which every later cell works.
"""

import contextlib
import io
from collections.abc import Sequence
from functools import cached_property

from workshop.course.catch_up import checked_notebook, restore
from workshop.course.course import Course
from workshop.course.exercises import all_exercises
from workshop.notebook.connecting import connected
from workshop.notebook.content import read_notebook_file
from workshop.notebook.markup.display import Live, Shown
from workshop.notebook.parts.actions import ActionsPart
from workshop.notebook.parts.exercises import ExercisesPart
from workshop.notebook.parts.live import LivePart
from workshop.notebook.parts.questions import QuestionsPart
from workshop.notebook.parts.tables import TablesPart
from workshop.notebook.views.header import HeaderFacts, draw_header
from workshop.notebook.views.values import teach_ipython

__all__ = ["Workshop", "start"]


class Workshop(LivePart, QuestionsPart, ExercisesPart, ActionsPart, TablesPart):
    """The learner's course, with displays: everything a `Course` has, shown."""

    @cached_property
    def stateless(self) -> "Workshop":
        """The same session on the stateless pipeline."""
        return Workshop(self.course.stateless, self.notebook)

    @cached_property
    def tour(self) -> "Workshop":
        """The same session on the finished pipeline of notebook 00."""
        return Workshop(self.course.tour, self.notebook)

    def header(self, restored: Sequence[str] = (), warnings: Sequence[str] = ()) -> Shown:
        """Return the head of the notebook as it is now."""
        exercises, entries = all_exercises(), self.record.entries()
        file = read_notebook_file(self.course.root, self.notebook)
        passed = {name for name, entry in entries.items() if entry.is_passed}
        here = [each.id for each in exercises if each.notebook == self.notebook]
        return draw_header(
            HeaderFacts(
                title=f"{self.notebook} · {file.title}",
                badge=self.course.cloud.badge,
                is_offline=self.course.cloud.offline is not None,
                stack=self.course.stack,
                is_deployed=self.course.is_deployed,
                done=sum(each.id in passed for each in exercises),
                total=len(exercises),
                here=(sum(name in passed for name in here), len(here)),
                restored=restored,
                warnings=[*warnings, *filter(None, [file.warning, self.record.warning])],
            )
        )

    def __repr__(self) -> str:
        return (
            f"<workshop session of notebook {self.notebook}: {self.course.stack}, {self.course.cloud.badge}>"
        )


def start(notebook: str) -> Workshop:
    """Begin a notebook: connect, put in place what it builds on, and show where the learner is.

    An offline cloud that does not run yet is started.

    Raises:
        ConfigurationError: there is no such notebook, or no cloud answers and none can be started.
    """
    teach_ipython()
    session = Workshop(Course(connected()), checked_notebook(notebook))
    output = Live(session.header())
    done: list[str] = []

    def tell(step: str) -> None:
        done.append(f"◐ {step}")
        output.update(session.header(done))

    # The cells that are solved on the way print for their own notebook, not for this one.
    with contextlib.redirect_stdout(io.StringIO()):
        steps = restore(session.course, notebook, say=tell)
    output.close(session.header([f"✓ {step}" for step in steps]))
    return session
