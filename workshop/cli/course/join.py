"""`workshop join` and `leave`: into a class whose board an instructor has opened, and out of it again."""

from typing import Annotated

import typer
from rich.text import Text

from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.leaving import leave_class
from workshop.cli.options import console
from workshop.settings import home_folder

__all__ = ["join", "leave"]


def join(
    invitation: Annotated[
        str, typer.Argument(help="What the board shows: its address with the code.", metavar="URL|CODE")
    ],
    *,
    alias: Annotated[
        str | None, typer.Option(help="What the class sees of you; your own name need not be in it.")
    ] = None,
) -> None:
    """Join a class: its board then shows how far you are, under an alias, and tells you where the class is.

    Only the alias, steps with their outcomes, attempts, hints, calls for help, scores and times are sent.
    """
    people = console()
    joined = join_class(
        home_folder(),
        invitation,
        alias,
        tell=lambda said: people.print(Text(f"Note: {said}"), soft_wrap=True),
    )
    people.print(Text(f"You are in the class {joined.class_name} as {joined.alias}.", style="bold green"))
    people.print(
        Text(f"Checks report to {joined.address} by themselves; `workshop leave` ends that."), soft_wrap=True
    )


def leave() -> None:
    """Leave the class: nothing is reported any more, and its board forgets you once it can be reached."""
    left = leave_class(home_folder())
    told = f"You have left, {left.alias}. {left.told}" if left else "You are in no class."
    console().print(Text(told), soft_wrap=True)
