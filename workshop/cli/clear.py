"""`workshop clear`: empties a pipeline, even while messages are on their way."""

from dataclasses import asdict

from workshop.cli.options import CloudChoice, JsonOption, StackArgument, cloud_options, console, print_json
from workshop.pipeline.operations.clear import Cleared
from workshop.pipeline.operations.clear import clear as clear_pipeline

__all__ = ["clear"]


@cloud_options
def clear(
    stack: StackArgument,
    *,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Empty a pipeline's tables and the game's scores; messages sent before have no effect any more."""
    connected = cloud.connect()
    cleared = clear_pipeline(
        connected, stack, on_step=lambda step: console(stderr=True).print(f"{stack}: {step}", style="dim")
    )
    if as_json:
        print_json(asdict(cleared))
    else:
        console().print(describe(cleared))


def describe(cleared: Cleared) -> str:
    """Return what was done in words."""
    parts = [f"{count:,} from {table}" for table, count in cleared.deleted.items() if count]
    deleted = f"deleted {', '.join(parts)}" if parts else "there was nothing to delete"
    return f"{cleared.stack} is empty: {deleted}; epoch {cleared.epoch} has begun."
