"""`workshop aggregates`: the totals of a pipeline, once."""

from workshop.cli.options import CloudChoice, JsonOption, StackArgument, cloud_options, console, print_json
from workshop.pipeline.aggregates import amounts, take_snapshot
from workshop.pipeline.front_end import draw_tree, tree_rows
from workshop.pipeline.target import find_target

__all__ = ["aggregates"]


@cloud_options
def aggregates(
    stack: StackArgument,
    *,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Print the totals at every level of the hierarchy, as one consistent snapshot."""
    connected = cloud.connect()
    target = find_target(connected, stack)
    snapshot = take_snapshot(connected.client("dynamodb"), target.outputs["AggregateTableName"])
    if as_json:
        print_json(amounts(snapshot.live_totals))
    elif snapshot.totals:
        console().print(draw_tree(tree_rows(snapshot.live_totals)))
    else:
        console().print(f"Nothing has arrived yet; send messages with `workshop produce {stack}`.")
