"""Event source mappings of a deployed stack: whether they are at work yet."""

from collections.abc import Iterable

from workshop.clock import Clock
from workshop.cloud.connection import Cloud
from workshop.errors import DeploymentError

__all__ = ["wait_for_mappings"]

SETTLED = ("Enabled", "Disabled")
# On AWS a mapping takes up to a minute.
PATIENCE_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 3.0


def wait_for_mappings(cloud: Cloud, functions: Iterable[str], *, clock: Clock) -> None:
    """Block until no mapping of these functions is being made or changed any more.

    CloudFormation waits for most of that; where nothing works for mappings, as in a stopped laboratory, it
    would never end.

    Raises:
        DeploymentError: one still is after minutes.
    """
    pages = cloud.client("lambda").get_paginator("list_event_source_mappings")
    deadline, pause = clock.now() + PATIENCE_SECONDS, FIRST_PAUSE_SECONDS
    for function in functions:
        while states := [
            mapping["State"]
            for page in pages.paginate(FunctionName=function)
            for mapping in page["EventSourceMappings"]
            if mapping["State"] not in SETTLED
        ]:
            if clock.now() >= deadline:
                raise DeploymentError(
                    f"the stack is deployed, but a mapping of `{function}` is still `{states[0]}` after "
                    f"{PATIENCE_SECONDS:.0f} s; deploy again to wait on, or look at it in the console"
                )
            clock.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
