"""`ws.aws`: what AWS knows about a pipeline beside its outputs, and roles for a producer and a front end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.course.trials.made_role import FRONT_END, PRODUCER, client_as, make_role
from workshop.course.trials.policies import RoleStatement, statements_of
from workshop.errors import StackNotFoundError

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["AwsTools", "StackResources"]


@dataclass(frozen=True)
class StackResources:
    """The resources of a stack, as rows of ListStackResources; None if the stack is not deployed."""

    stack: str
    rows: tuple[Mapping[str, Any], ...] | None


class AwsTools:
    """Names, mappings, roles and resources of this pipeline; each call asks AWS and returns at once."""

    def __init__(self, course: Course) -> None:
        self._course = course

    @property
    def stack(self) -> str:
        """The name of the pipeline's CloudFormation stack."""
        return self._course.stack

    @property
    def is_deployed(self) -> bool:
        """Whether the stack is there and complete, as of now."""
        return self._course.is_deployed

    def mapping(self, function: str) -> dict[str, Any] | None:
        """Return the event source mapping of a function, as AWS describes it, or None."""
        return self._course.mapping(function)

    def role_name(self, function: str) -> str:
        """Return the name of the role that a function runs with."""
        return self._course.role_name(function)

    def statements(self, function: str) -> tuple[RoleStatement, ...]:
        """Return the statements of a function's role: `policy`, `effect`, `actions`, `resources`."""
        return statements_of(self._course.client("iam"), self.role_name(function))

    def resources(self) -> StackResources:
        """Return what CloudFormation made for the stack; a notebook shows it part by part."""
        try:
            stack = str(self._course.outputs and self._course.stack)
        except StackNotFoundError as error:
            return StackResources(error.stack, None)
        pages = self._course.client("cloudformation").get_paginator("list_stack_resources")
        found = [row for page in pages.paginate(StackName=stack) for row in page["StackResourceSummaries"]]
        return StackResources(stack, tuple(found))

    def producer_role(self) -> str:
        """Make the producer's role unless it exists, allowed to do nothing; return its name."""
        return make_role(self._course, PRODUCER)

    def client_as_producer(self, service: str) -> Any:
        """Return a boto3 client that calls a service with the producer's role instead of your rights.

        Raises:
            ClientError: there is no such role, or nobody may assume it yet.
        """
        return client_as(self._course, PRODUCER, service)

    def front_end_role(self) -> str:
        """Make the front end's role unless it exists, allowed to do nothing; return its name."""
        return make_role(self._course, FRONT_END)

    def client_as_front_end(self, service: str) -> Any:
        """Return a boto3 client that calls a service with the front end's role instead of your rights.

        Raises:
            ClientError: there is no such role, or nobody may assume it yet.
        """
        return client_as(self._course, FRONT_END, service)
