"""The parameters with which the course deploys, also in accounts without concurrency to reserve."""

import pytest

from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.overlay.awslambda import account
from workshop.course.exercises.stack import PARAMETERS
from workshop.course.parameters import deploy_for_course, has_course_parameters
from workshop.course.stack import CourseStack
from workshop.settings import project_root


@pytest.mark.parametrize("limit", [10, 1_000])
def test_a_new_stack_is_as_the_course_makes_it(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """A stack just made has the course's parameters, also without a reservation that nobody could have."""
    monkeypatch.setattr(account, "ACCOUNT_CONCURRENCY", limit)
    own, other = (
        CourseStack(laboratory, root=project_root(), stack=f"{name}-{limit}", pipeline="stateful")
        for name in ("own", "other")
    )

    deploy_for_course(own)
    other.deploy(**PARAMETERS, ReduceConcurrency=0)

    assert has_course_parameters(own)
    assert has_course_parameters(other) is (limit == 10)
