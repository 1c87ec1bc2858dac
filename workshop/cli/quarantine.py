"""`workshop quarantine`: the records that a pipeline set aside, with the reasons."""

from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from workshop.cli.options import CloudChoice, JsonOption, StackArgument, cloud_options, console, print_json
from workshop.cli.views.tables import folded, lean_table
from workshop.pipeline.front_end import printable
from workshop.pipeline.tables import QuarantinedRecord, read_quarantine
from workshop.pipeline.target import find_target

__all__ = ["quarantine"]

SHOWN_CHARACTERS = 120


@cloud_options
def quarantine(
    stack: StackArgument,
    *,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """List the records that were set aside because they are not risk messages, each with the reason."""
    connected = cloud.connect()
    target = find_target(connected, stack)
    records = read_quarantine(connected.client("dynamodb"), target.outputs["QuarantineTableName"])
    if as_json:
        print_json({"stack": target.stack, "records": [asdict(record) for record in records]})
    elif records:
        console().print(draw_quarantine(records))
        console().print(f"{len(records):,} records were set aside.")
    else:
        console().print("No record was set aside.")


def draw_quarantine(records: tuple[QuarantinedRecord, ...]) -> Table:
    """Draw the records as a table; long raw data is cut, `--json` shows all of it."""
    table = lean_table(*folded("Stage", "Reason", "Raw data", "Record"))
    for record in records:
        raw = printable(record.raw_data)
        cut = raw if len(raw) <= SHOWN_CHARACTERS else f"{raw[:SHOWN_CHARACTERS]}…"
        cells = (record.stage, record.reason, cut, record.record_id)
        table.add_row(*(Text(printable(cell)) for cell in cells))
    return table
