"""The parameters with which the course deploys its stacks, and whether a stack still has them.

Catching up and the judge of submissions deploy with these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.course.exercises.stack import PARAMETERS
from workshop.course.stack import UNCONNECTED
from workshop.deploy.concurrency import can_reserve
from workshop.deploy.deployment import template_body
from workshop.deploy.finding import describe

if TYPE_CHECKING:
    from workshop.course.stack import CourseStack

__all__ = ["deploy_for_course", "has_course_parameters"]

# Which code runs is told by the code itself.
VARIANT_PARAMETER = "Variant"
RESERVED_PARAMETER = "ReduceConcurrency"


def deploy_for_course(own: CourseStack) -> None:
    """Deploy a learner's stack from their files, a new one with the parameters that exercises presume."""
    own.deploy(**_parameters_of(own))


def has_course_parameters(own: CourseStack) -> bool:
    """Whether a stack that is deployed has the parameters that it gets as a new one."""
    described = describe(own.cloud, own.stack) or {}
    present = {row["ParameterKey"]: row["ParameterValue"] for row in described.get("Parameters", [])}
    body = template_body(own.pipeline)
    declared = own.client("cloudformation").validate_template(TemplateBody=body)["Parameters"]
    wanted = {
        row["ParameterKey"]: row["DefaultValue"]
        for row in declared
        # What must not be echoed is described as stars.
        if "DefaultValue" in row and not row.get("NoEcho")
    }
    wanted |= {**UNCONNECTED, **_parameters_of(own)}
    wanted.pop(VARIANT_PARAMETER)
    if present.get(RESERVED_PARAMETER) == "0" and not can_reserve(own.cloud):
        # Deployed without a reservation, since the account had none to give.
        del wanted[RESERVED_PARAMETER]
    return all(present.get(name) == str(value) for name, value in wanted.items())


def _parameters_of(own: CourseStack) -> dict[str, int]:
    # The exercise of notebook 01 sets them; the stateless pipeline comes as its template has it.
    return dict(PARAMETERS) if own.pipeline == "stateful" else {}
