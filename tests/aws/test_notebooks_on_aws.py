"""The core of the course in somebody's account: solved, with nothing at hand but AWS's own calls."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.aws.account import Account
from tests.course.notebooks.checkouts import Checkout
from tests.course.notebooks.runs import NUMBERS, exercises_in_files, run, solved_notebook
from workshop.course.exercises import all_exercises
from workshop.course.progress import CourseProgress


@dataclass(frozen=True)
class SignedIn(Checkout):
    """A checkout whose learner has signed in to an account, and chosen it."""

    account: Account | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that works in this copy and in this account."""
        assert self.account is not None
        return {**self.account.environment, **super().environment}


@pytest.fixture
def checkout(account: Account, tmp_path) -> SignedIn:
    """A fresh clone, and an account with nothing in it."""
    account.cloud.offline.reset()
    account.control_calls.clear()
    checkout = SignedIn(tmp_path, account=account)
    checkout.renew()
    return checkout


class Part:
    """What holds for each part of the core; two, so that they can go at the same time."""

    numbers: tuple[str, ...]

    @pytest.mark.timeout(1200)
    def test_the_core_runs_solved_and_leaves_nothing(self, account: Account, checkout: SignedIn) -> None:
        """Notebooks end without an error and pass their checks, and no stack and no bucket is left."""
        wanted = [
            each.id for each in all_exercises() if each.notebook in self.numbers and not each.offline_only
        ]

        for number in self.numbers:
            ran = run(checkout, number, solved_notebook(number), solve=exercises_in_files(number))
            assert ran.errors == []
            assert "could not be carried out" not in ran.text
        self.end(checkout)

        entries = CourseProgress(checkout.home).entries()
        assert [each for each in wanted if each not in entries or not entries[each].is_passed] == []
        assert account.control_calls == []
        stacks = account.cloud.client("cloudformation").list_stacks()["StackSummaries"]
        assert [each["StackName"] for each in stacks if each["StackStatus"] != "DELETE_COMPLETE"] == []
        assert account.cloud.client("s3").list_buckets()["Buckets"] == []
        assert checkout.outside == []

    def end(self, checkout: SignedIn) -> None:
        """Take down what is there."""


class TestFirstStages(Part):
    """From the first message to State, ended by the command."""

    numbers = NUMBERS[:4]

    def end(self, checkout: SignedIn) -> None:
        """Leave as somebody does who stops early."""
        command = [sys.executable, "-m", "workshop", "destroy", "--all", "--yes"]
        subprocess.run(command, cwd=checkout.root, env=checkout.environment, check=True, capture_output=True)


class TestTotals(Part):
    """From Map to exact totals, ended by the notebook that cleans up; what 04 builds on, it makes itself."""

    numbers = (*NUMBERS[4:7], "99")
