"""`workshop clear`: empties a pipeline, even while messages are on their way."""

from dataclasses import asdict

from workshop.cli.options import (
    CloudChoice,
    JsonOption,
    StackArgument,
    YesOption,
    agree,
    cloud_options,
    console,
    print_json,
)
from workshop.cloud.connection import Cloud
from workshop.course.sent import open_sent
from workshop.deploy.finding import describe as describe_stack
from workshop.pipeline.operations.clear import Cleared
from workshop.pipeline.operations.clear import clear as clear_pipeline
from workshop.pipeline.target import Target, find_target
from workshop.settings import home_folder

__all__ = ["begin_run", "clear"]


@cloud_options
def clear(
    stack: StackArgument,
    *,
    yes: YesOption = False,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Empty a pipeline's tables and the game's scores; messages sent before have no effect any more."""
    connected = cloud.connect()
    target = find_target(connected, stack)
    agree(f"This deletes all trades and totals of `{target.stack}`.", yes=yes)
    cleared = clear_pipeline(
        connected, stack, on_step=lambda step: console(stderr=True).print(f"{stack}: {step}", style="dim")
    )
    begin_run(connected, target)
    if as_json:
        print_json(asdict(cleared))
    else:
        console().print(describe(cleared))


def begin_run(cloud: Cloud, target: Target) -> None:
    """Let notebooks on this machine know that what was sent to a pipeline before has no effect any more."""
    found = describe_stack(cloud, target.stack) or {}
    open_sent(cloud.client("kinesis"), target, str(found.get("StackId", "")), home_folder()).begin()


def describe(cleared: Cleared) -> str:
    """Return what was done in words."""
    parts = [f"{count:,} from {table}" for table, count in cleared.deleted.items() if count]
    deleted = f"deleted {', '.join(parts)}" if parts else "there was nothing to delete"
    return f"{cleared.stack} is empty: {deleted}; epoch {cleared.epoch} has begun."
