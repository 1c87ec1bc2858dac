"""The `workshop` command: puts the groups together and turns errors into clean messages and exit codes.

Exit codes: 0 done, 1 a check failed or totals were not exact, 2 wrong usage or configuration.
"""

import importlib
import sys
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from workshop import __version__
from workshop.errors import ConfigurationError, WorkshopError

__all__ = ["app", "main"]

# In the order in which a newcomer meets them; each module adds its own commands.
COMMAND_MODULES = (
    "start",
    "demo",
    "deploy",
    "produce",
    "watch",
    "aggregates",
    "quarantine",
    "reconcile",
    "faults",
    "prove",
    "clear",
    "play",
    "course.check",
    "course.solve",
    "doctor",
    "build",
)

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


def _add_commands() -> None:
    for name in COMMAND_MODULES:
        importlib.import_module(f"workshop.cli.{name}").register(app)
    app.add_typer(importlib.import_module("workshop.cli.cloud").app, name="cloud")


def main() -> None:
    """Run one command; expected errors become one message on stderr, unexpected ones keep their traceback."""
    _add_commands()
    try:
        app()
    except WorkshopError as error:
        _complain(str(error))
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)
    except (BotoCoreError, ClientError) as error:
        # What AWS or the way to it refuses (credentials, rights, network) is for people to put right.
        _complain(f"{error}; check credentials, region and rights, and what the cloud's log says")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _complain(message: str) -> None:
    text = Text.assemble(("Error: ", "bold red"), message)
    Console(stderr=True, soft_wrap=True).print(text, highlight=False)
