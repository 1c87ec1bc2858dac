"""What the commands share: the options that name a cloud, JSON on stdout, text for people."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from workshop.classroom.learner.recording import deliver_recorded
from workshop.cloud.connection import Cloud, connect
from workshop.errors import ConfigurationError

__all__ = [
    "HIGHEST_PORT",
    "CloudChoice",
    "CloudOption",
    "EndpointOption",
    "JsonOption",
    "LabPortOption",
    "PackOption",
    "PipelineName",
    "PortOption",
    "RegionOption",
    "StackArgument",
    "Variant",
    "YesOption",
    "agree",
    "cloud_options",
    "console",
    "print_json",
    "say_delivered",
    "usage_errors",
]

HIGHEST_PORT = 65_535
# Jupyter sets it for kernels, and they hand it on to the commands of their cells.
KERNEL_VARIABLE = "JPY_PARENT_PID"


class PipelineName(StrEnum):
    """The pipelines of the workshop, as choices of an option or argument."""

    STATELESS = "stateless"
    STATEFUL = "stateful"


class Variant(StrEnum):
    """The handlers that there are: the learner's, the published ones, or the exact ones."""

    STARTER = "starter"
    TEXTBOOK = "textbook"
    LEDGER = "ledger"


YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before anything is deleted.")]
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
PortOption = Annotated[
    int, typer.Option(help="Port of the offline cloud; 0 takes any free one.", min=0, max=HIGHEST_PORT)
]
LabPortOption = Annotated[int, typer.Option(help="Port of JupyterLab.", min=1, max=HIGHEST_PORT)]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, nothing else.")]
PackOption = Annotated[
    str, typer.Option(help="Messages in a record, or auto for as many as are paid as one.", metavar="N|auto")
]
StackArgument = Annotated[str, typer.Argument(help="Name of the deployed stack.", metavar="STACK")]


@dataclass(frozen=True)
class CloudChoice:
    """The cloud that a command's options name; nothing is connected before `connect` is called."""

    kind: str | None = None
    endpoint: str | None = None
    region: str | None = None

    def connect(self) -> Cloud:
        """Connect to the cloud.

        Raises:
            ConfigurationError: there is no such cloud, or nothing answers there.
        """
        return connect(self.kind, endpoint=self.endpoint, region=self.region)


def cloud_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--cloud`, `--endpoint` and `--region` instead of its parameter `cloud: CloudChoice`.

    Typer reads options from a function's signature, so the returned function has one with the three options.
    """

    @wraps(command)
    def run(
        *, cloud: str | None = None, endpoint: str | None = None, region: str | None = None, **arguments: Any
    ) -> None:
        command(**arguments, cloud=CloudChoice(cloud, endpoint, region))

    own = [each for each in signature(command).parameters.values() if each.name != "cloud"]
    options = (("cloud", CloudOption), ("endpoint", EndpointOption), ("region", RegionOption))
    added = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in options]
    run.__signature__ = signature(command).replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in [*own, *added]}
    return run


def say_delivered(people: Console) -> None:
    """Try for a moment to bring the class board what was recorded; say what the learner has to know of it."""
    for told in deliver_recorded():
        people.print(Text(told), soft_wrap=True, highlight=False)


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


def agree(consequence: str, *, yes: bool) -> None:
    """Go on only if people want what follows, such as "This deletes …"; `--yes` has said so already.

    Raises:
        ConfigurationError: there is no terminal at which anybody could be asked, as in a notebook.
    """
    if yes:
        return
    # A notebook's `!` gives a command a terminal on which nobody can write.
    if not sys.stdin.isatty() or KERNEL_VARIABLE in os.environ:
        raise ConfigurationError(f"{consequence} Nobody can be asked here; say `--yes` to go on")
    typer.confirm(f"{consequence} Go on?", abort=True, err=True)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn a ValueError about options into a ConfigurationError, which commands end with exit code 2."""
    try:
        yield
    except ValueError as error:
        raise ConfigurationError(f"{error}; see `--help`") from error
