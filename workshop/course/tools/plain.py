"""`ws` without displays: what the cell of an exercise finds when it runs outside a notebook.

Catching up, the tests of the exercises and submissions run such cells. The notebook's own `ws` is built on
these classes, so that a cell means the same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshop.course.leftovers import leftovers
from workshop.course.tools.aws import AwsTools
from workshop.course.tools.costs import CostTools
from workshop.course.tools.frames import frame_of
from workshop.course.tools.laboratory import LabTools
from workshop.course.tools.messages import MessageTools
from workshop.deploy.stacks import destroy
from workshop.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd

    from workshop.course.course import Course
    from workshop.course.leftovers import Leftover

__all__ = ["LeftoverTools", "PlainPipeline", "PlainWorkshop"]


class PlainPipeline:
    """One pipeline: the most used calls of its course under short names, the others in groups."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self.root = course.root
        self.client = course.client
        self.stream_arn = course.stream_arn
        self.deploy = course.deploy
        self.connect = course.connect
        self.send = course.send
        self.rest = course.rest
        self.clear = course.clear
        self.compare = course.compare
        self.diagnose = course.diagnose
        self.aws = AwsTools(course)
        self.messages = MessageTools(course)
        self.lab = LabTools(course)

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack, such as `StreamName`, as of at most five seconds ago.

        Raises:
            StackNotFoundError: the stack is not deployed.
        """
        return self._course.outputs

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table, such as `StateTable`, or the `totals`, as a DataFrame of pandas, sorted by its key.

        The index is the table's key. Numbers are exact Decimals; each level of the hierarchy is a column. The
        index of `totals` is the path; what a total sums over is None, as all levels of `Grand Total` are.

        Raises:
            ConfigurationError: the stack has no such table.
        """
        return frame_of(self._course, name)


class LeftoverTools:
    """What is still there of your work in the cloud, to be taken away."""

    def __init__(self, course: Course) -> None:
        self._course = course

    def find(self) -> tuple[Leftover, ...]:
        """Return what bears the name of one of your stacks: `kind`, `name`, `usd_per_hour` at rest."""
        return leftovers(self._course)

    def destroy(self, stack: str) -> None:
        """Delete a stack and what hangs on its resources; blocks until it is gone, minutes on AWS."""
        if not stack or not isinstance(stack, str):
            raise ConfigurationError(f"`{stack}` is no name of a stack; `ws.leftovers.find()` lists yours")
        with self._course.on_wait(f"until `{stack}` is deleted", str):
            destroy(self._course.cloud, stack)


class PlainWorkshop(PlainPipeline):
    """The learner's pipeline, the two others, and what belongs to none of them."""

    def __init__(self, course: Course) -> None:
        super().__init__(course)
        self.stateless = PlainPipeline(course.stateless)
        self.tour = PlainPipeline(course.tour)
        self.costs = CostTools()
        self.leftovers = LeftoverTools(course)
        # A learner may look at something in the exercise's cell; here nobody is there to see it.
        self.table = self.totals = self.picture = _show_nothing


def _show_nothing(*_: Any, **__: Any) -> None:
    """Do nothing."""
