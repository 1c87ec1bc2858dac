"""What holds for every test: in which runs it takes part, how it hears Ctrl-C, and the cloud it may use."""

import gc
import os
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest
from hypothesis import settings

from tests.effort import LONG
from workshop.clock import ManualClock
from workshop.cloud.connection import Cloud
from workshop.cloud.temporary import temporary_cloud

TESTS = Path(__file__).parent
# What starts offline clouds, or other processes by the dozen, or runs notebooks.
SLOW = (
    "aws",
    "bench/test_measurements",
    "browser",
    "cli",
    "cloud/overlay/cloudformation",
    "cloud/permissions/test_learners",
    "cloud/permissions/test_live",
    "cloud/runtime/deliveries",
    "cloud/runtime/environments",
    "cloud/clients",
    "cloud/keeping/test_crashes",
    "cloud/keeping/test_everything",
    "cloud/keeping/test_interrupted_stacks",
    "cloud/keeping/test_kills",
    "cloud/overlay/test_plain_deliveries",
    "cloud/runtime/test_endpoint",
    "cloud/samples",
    "cloud/test_",
    "classroom/board/test_class_day",
    "classroom/hub",
    "classroom/learner/test_class_with_board",
    "course",
    "deploy/test_commands",
    "deploy/test_interrupted",
    "game/test_end_to_end",
    "game/test_own_pipeline",
    "grading",
    "kit/test_bundle",
    "kit/test_install",
    "notebook/test_notebook_connecting",
    "notebook/control_room",
    "notebook/test_notebook_session",
    "pipeline/operations",
    "pipeline/test_demo",
    "proof",
    "test_tidy",
)
# What is soonest mended, then the longest, which mostly wait: whatever comes later fills the gaps. They are
# fewer than the workers, of which one at least always has something to compute.
FIRST = (
    "test_tidy.py",
    "test_solved_notebooks.py",
    "test_notebooks_on_aws.py",
    "test_unsolved_notebooks.py",
)

# A machine may be busy with other things: that says nothing about what is tested.
settings.register_profile("workshop", deadline=None)
settings.load_profile("workshop")


# moto gives each test a new session, and each session would read the services' models again.
botocore.loaders.create_loader = cache(botocore.loaders.create_loader)


def pytest_configure() -> None:
    """Let the programs that tests start hear Ctrl-C, also where the suite itself runs in the background.

    A shell starts background jobs with SIGINT ignored, and whoever is started by them inherits that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_cloud() -> Iterator[Cloud]:
    """One offline cloud, with whatever earlier tests of this worker left in it; its clock may be ahead."""
    with temporary_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def cloud(shared_cloud: Cloud) -> Cloud:
    """An offline cloud that is empty when a module begins; who stops or configures one starts their own."""
    assert shared_cloud.offline is not None
    shared_cloud.offline.reset()
    return shared_cloud


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Any]:
    """A cloud in this process."""
    from workshop.cloud.laboratory import Laboratory  # loads moto, which most workers can do without

    with Laboratory() as laboratory:
        yield laboratory


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves only when told."""
    return ManualClock()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what may harm the machine if containment fails, unless its owner asks for it."""
    if item.get_closest_marker("hostile") and os.environ.get("WORKSHOP_HOSTILE_TESTS") != "1":
        pytest.skip("may harm this machine if containment fails; set WORKSHOP_HOSTILE_TESTS=1 to run it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests and let them begin, so that short ones end the run and no core waits long."""
    for item in items:
        if item.path.relative_to(TESTS).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    ranks = {name: rank for rank, name in enumerate(FIRST)}
    rest = len(FIRST)
    items.sort(key=lambda item: ranks.get(item.path.name, rest + (item.get_closest_marker("slow") is None)))


def pytest_collection_finish() -> None:
    """Look for garbage seldom, and never in what is loaded: it takes a sixth of a run otherwise."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_report_header() -> str:
    """Say how many random cases are tried."""
    return f"random cases: {'long' if LONG else 'short'} form (tests/effort.py)"
