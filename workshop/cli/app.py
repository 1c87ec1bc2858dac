"""The `workshop` command: puts the groups together and turns errors into clean messages and exit codes.

Exit codes: 0 done, 1 a check failed or totals were not exact, 2 wrong usage or configuration,
or a file that this machine refuses.
"""

import errno
import pkgutil
import sys
from collections.abc import Iterable
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from workshop import __version__
from workshop.cli.options import console, say_delivered
from workshop.cloud.sign_in import way_on
from workshop.errors import ConfigurationError, WorkshopError, reason

__all__ = ["COMMANDS", "command_line", "main"]

# In the order in which a newcomer meets them, each with where it is: to load all of them takes a second.
COMMANDS = {
    "start": "workshop.cli.start:start",
    "demo": "workshop.cli.demo:demo",
    "deploy": "workshop.cli.deploy:deploy_command",
    "destroy": "workshop.cli.deploy:destroy_command",
    "package": "workshop.cli.deploy:package_command",
    "produce": "workshop.cli.produce:produce",
    "watch": "workshop.cli.watch:watch",
    "aggregates": "workshop.cli.aggregates:aggregates",
    "quarantine": "workshop.cli.quarantine:quarantine",
    "reconcile": "workshop.cli.reconcile:reconcile",
    "faults": "workshop.cli.faults:faults",
    "prove": "workshop.cli.prove:prove",
    "clear": "workshop.cli.clear:clear",
    "play": "workshop.cli.play:play",
    "check": "workshop.cli.course.check:check",
    "hint": "workshop.cli.course.solve:hint",
    "solve": "workshop.cli.course.solve:solve",
    "reset": "workshop.cli.course.solve:reset",
    "catch-up": "workshop.cli.course.solve:catch_up",
    "cost": "workshop.cli.cost:cost",
    "plan": "workshop.cli.course.plan:plan",
    "board": "workshop.cli.classroom.board:board",
    "join": "workshop.cli.course.join:join",
    "leave": "workshop.cli.course.join:leave",
    "doctor": "workshop.cli.doctor:doctor",
    "bench": "workshop.cli.bench:bench",
    "build": "workshop.cli.build:build",
    "bundle": "workshop.cli.bundle:bundle",
    "hub": "workshop.cli.classroom.hub:hub",
    "cloud": "workshop.cli.cloud:app",
}
# What to do where this machine refuses a file.
NO_ROOM = "make room on that disk, or name a folder elsewhere in the variable `WORKSHOP_HOME`"
NO_WAY = "name another path, or for the workshop's own files another folder in the variable `WORKSHOP_HOME`"


def command_line(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command line, or as much of it as the commands with these names need."""
    app = typer.Typer(
        name="workshop",
        help="Learn serverless stream aggregation: both pipelines, offline or on AWS.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in names:
        command = pkgutil.resolve_name(COMMANDS[name])
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _print_version(*, wanted: bool) -> None:
    if wanted:
        print(f"workshop {__version__}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Learn serverless stream aggregation: both pipelines, offline or on AWS."""


def main() -> None:
    """Run one command; expected errors become one message on stderr, unexpected ones keep their traceback."""
    asked = [word for word in sys.argv[1:2] if word in COMMANDS]
    try:
        command_line(asked or COMMANDS)()
    except WorkshopError as error:
        _complain(str(error))
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)
    except (BotoCoreError, ClientError) as error:
        # What AWS or the way to it refuses (credentials, rights, network) is for people to put right.
        told = f"{str(error).rstrip('.')}; {way_on(error)}"
        _complain(". ".join([told, *getattr(error, "__notes__", ())]))
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
