"""The core of the course in somebody's account: solved, with nothing at hand but AWS's own calls."""

from dataclasses import dataclass

import pytest

from tests.aws.account import Account
from tests.course.notebooks.checkouts import Checkout
from tests.course.notebooks.runs import NUMBERS, exercises_in_files, run, solved_notebook
from tests.effort import LONG
from workshop.course.exercises import all_exercises
from workshop.course.progress import CourseProgress

# Waiting without an offline cloud's help takes long; what 04 builds on, it makes itself.
FIRST = "00" if LONG else "04"
CORE = (*NUMBERS[NUMBERS.index(FIRST) : NUMBERS.index("06") + 1], "99")


@dataclass(frozen=True)
class SignedIn(Checkout):
    """A checkout whose learner has signed in to an account, and chosen it."""

    account: Account | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that works in this copy and in this account."""
        assert self.account is not None
        return {**self.account.environment, **super().environment}


@pytest.mark.timeout(1200)
def test_the_core_runs_solved_and_leaves_nothing(account: Account, tmp_path) -> None:
    """Notebooks up to 06 end without an error, pass their checks, and 99 leaves no stack and no bucket."""
    checkout = SignedIn(tmp_path, account=account)
    checkout.renew()
    wanted = [each.id for each in all_exercises() if each.notebook in CORE and not each.offline_only]

    for number in CORE:
        ran = run(checkout, number, solved_notebook(number), solve=exercises_in_files(number))
        assert ran.errors == []
        assert "could not be carried out" not in ran.text

    entries = CourseProgress(checkout.home).entries()
    assert [each for each in wanted if each not in entries or not entries[each].is_passed] == []
    assert account.control_calls == []
    stacks = account.cloud.client("cloudformation").list_stacks()["StackSummaries"]
    assert [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"] == []
    assert account.cloud.client("s3").list_buckets()["Buckets"] == []
    assert checkout.outside == []
