"""The finished pipeline of notebook 00: a stack of its own beside the learner's, with the ledger's handlers.

It is small, connected from the start, and stays until notebook 99 cleans up.
"""

from __future__ import annotations

from typing import Any

from workshop.course.course import Course
from workshop.deploy.finding import describe
from workshop.deploy.stacks import Deployment, deploy

__all__ = ["Tour"]

PARAMETERS = {"ShardCount": "1"}


class Tour(Course):
    """A pipeline that works, to look at before building one; whoever needs it finds it deployed."""

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack, which is deployed first if it is missing."""
        if not self._outputs and not self.is_deployed:
            self.deploy()
        return super().outputs

    @property
    def is_deployed(self) -> bool:
        """Whether the stack is there, as of now."""
        self._outputs = {}
        return describe(self.cloud, self.stack) is not None

    def deploy(self, **parameters: Any) -> Deployment:
        """Deploy the finished pipeline, or bring it up to date."""
        self._outputs = {}
        return deploy(
            self.cloud,
            self.pipeline,
            stack=self.stack,
            parameters={**PARAMETERS, **{name: str(value) for name, value in parameters.items()}},
            on_event=self.on_event,
            root=self.root,
        )
