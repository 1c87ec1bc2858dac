"""The `workshop` command: puts the groups together and turns errors into clean messages and exit codes.

Exit codes: 0 done, 1 a check failed or totals were not exact, 2 wrong usage or configuration,
or a file that this machine refuses.
"""

import errno
import sys
from collections.abc import Callable
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from workshop import __version__
from workshop.cli import cloud
from workshop.cli.aggregates import aggregates
from workshop.cli.bench import bench
from workshop.cli.build import build
from workshop.cli.bundle import bundle
from workshop.cli.classroom.board import board
from workshop.cli.classroom.hub import hub
from workshop.cli.clear import clear
from workshop.cli.cost import cost
from workshop.cli.course.check import check
from workshop.cli.course.join import join, leave
from workshop.cli.course.plan import plan
from workshop.cli.course.solve import catch_up, hint, reset, solve
from workshop.cli.demo import demo
from workshop.cli.deploy import deploy_command, destroy_command, package_command
from workshop.cli.doctor import doctor
from workshop.cli.faults import faults
from workshop.cli.options import console, say_delivered
from workshop.cli.play import play
from workshop.cli.produce import produce
from workshop.cli.prove import prove
from workshop.cli.quarantine import quarantine
from workshop.cli.reconcile import reconcile
from workshop.cli.start import start
from workshop.cli.watch import watch
from workshop.cloud.sign_in import sign_in_advice
from workshop.errors import ConfigurationError, WorkshopError, reason

__all__ = ["app", "main"]

# In the order in which a newcomer meets them.
COMMANDS: dict[str, Callable[..., None]] = {
    "start": start,
    "demo": demo,
    "deploy": deploy_command,
    "destroy": destroy_command,
    "package": package_command,
    "produce": produce,
    "watch": watch,
    "aggregates": aggregates,
    "quarantine": quarantine,
    "reconcile": reconcile,
    "faults": faults,
    "prove": prove,
    "clear": clear,
    "play": play,
    "check": check,
    "hint": hint,
    "solve": solve,
    "reset": reset,
    "catch-up": catch_up,
    "cost": cost,
    "plan": plan,
    "board": board,
    "join": join,
    "leave": leave,
    "doctor": doctor,
    "bench": bench,
    "build": build,
    "bundle": bundle,
    "hub": hub,
}
# What to do where this machine refuses a file.
NO_ROOM = "make room on that disk, or name a folder elsewhere in the variable `WORKSHOP_HOME`"
NO_WAY = "name another path, or for the workshop's own files another folder in the variable `WORKSHOP_HOME`"

app = typer.Typer(
    name="workshop",
    help="Learn serverless stream aggregation: both pipelines, offline or on AWS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(*, wanted: bool) -> None:
    if wanted:
        print(f"workshop {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Learn serverless stream aggregation: both pipelines, offline or on AWS."""


for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(cloud.app, name="cloud")


def main() -> None:
    """Run one command; expected errors become one message on stderr, unexpected ones keep their traceback."""
    try:
        app()
    except WorkshopError as error:
        _complain(str(error))
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)
    except (BotoCoreError, ClientError) as error:
        # What AWS or the way to it refuses (credentials, rights, network) is for people to put right.
        way_on = (
            sign_in_advice(error) or "check credentials, region and rights, and what the cloud's log says"
        )
        _complain(". ".join([f"{str(error).rstrip('.')}; {way_on}", *getattr(error, "__notes__", ())]))
        sys.exit(1)
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        where = f"`{error.filename}`: " if error.filename else ""
        _complain(f"{where}{reason(error)}; {NO_ROOM if error.errno == errno.ENOSPC else NO_WAY}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        say_delivered(console(stderr=True))


def _complain(message: str) -> None:
    text = Text.assemble(("Error: ", "bold red"), message)
    Console(stderr=True, soft_wrap=True).print(text, highlight=False)
