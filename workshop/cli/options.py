"""What commands have in common: the options that name a cloud, JSON on stdout, text for people."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from rich.console import Console

from workshop.errors import ConfigurationError

__all__ = [
    "CloudOption",
    "EndpointOption",
    "JsonOption",
    "PipelineName",
    "RegionOption",
    "StackArgument",
    "console",
    "print_json",
    "usage_errors",
]


class PipelineName(StrEnum):
    """The pipelines of the workshop, as choices of an option or argument."""

    STATELESS = "stateless"
    STATEFUL = "stateful"


CloudOption = Annotated[
    str | None,
    typer.Option("--cloud", help="offline or aws; else $WORKSHOP_CLOUD, else offline.", metavar="CLOUD"),
]
EndpointOption = Annotated[
    str | None,
    typer.Option("--endpoint", help="Address of the offline cloud, http://127.0.0.1:4566.", metavar="URL"),
]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="AWS region; without it the environment's, else us-east-1.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else.")]
StackArgument = Annotated[str, typer.Argument(help="Name of the deployed stack.", metavar="STACK")]


def console(*, stderr: bool = False) -> Console:
    """Return a console for people; made anew for each command, so that it follows the current stdout."""
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, TextIOWrapper):
        # Into a file or an old terminal that knows no ✔ a mark is better than an error.
        stream.reconfigure(errors="replace")
    return Console(stderr=stderr, highlight=False)


def print_json(document: Any) -> None:
    """Print one JSON document on stdout."""
    print(json.dumps(document, indent=2))


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a ValueError about options into a ConfigurationError, which commands end with exit code 2."""
    try:
        yield
    except ValueError as error:
        raise ConfigurationError(f"{error}; see `--help`") from error
