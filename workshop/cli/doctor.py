"""`workshop doctor`: looks whether this machine is ready, and says in plain words what mends it."""

import typer
from rich.table import Table
from rich.text import Text

from workshop.cli.options import (
    CloudOption,
    JsonOption,
    LabPortOption,
    PortOption,
    RegionOption,
    console,
    print_json,
)
from workshop.kit.bare_doctor import LAB_PORT
from workshop.kit.doctor import examine
from workshop.kit.findings import SIGNS, Grade, Preflight, as_document, is_ready
from workshop.settings import DEFAULT_PORT, cloud_kind

__all__ = ["doctor"]

STYLES = {Grade.GOOD: "green", Grade.WARNING: "yellow", Grade.PROBLEM: "bold red"}


def doctor(
    *,
    port: PortOption = DEFAULT_PORT,
    lab_port: LabPortOption = LAB_PORT,
    cloud: CloudOption = None,
    region: RegionOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check this machine, and the account on AWS if it is used; ends with 1 if something is in the way."""
    findings = examine(port, lab_port, kind=cloud_kind(cloud), region=region)
    ready = is_ready(findings)
    if as_json:
        print_json(as_document(findings))
    else:
        people = console()
        people.print(draw_findings(findings))
        people.print("\nReady." if ready else "\nNot ready: mend what is marked with ✘.", style="bold")
    if not ready:
        raise typer.Exit(1)


def draw_findings(findings: tuple[Preflight, ...]) -> Table:
    """Draw the findings, each with its fix below it."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        sign, style = SIGNS[finding.grade], STYLES[finding.grade]
        table.add_row(Text(sign, style=style), Text(finding.check), Text(finding.seen))
        if finding.fix:
            table.add_row("", "", Text(f"→ {finding.fix}", style=style))
    return table
