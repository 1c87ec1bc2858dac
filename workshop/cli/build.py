"""`workshop build`: writes the notebooks and starters that learners open from the solutions."""

from typing import Annotated

import typer

from workshop.cli.options import console
from workshop.settings import project_root

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(build)


def build(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if anything has drifted.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited, too.")] = False,
) -> None:
    """Write notebooks and starters from `solutions/`; what a learner edited stays unless --force is given."""
    # Imported here, since turning notebooks takes half a second that other commands need not wait for.
    from workshop.build.tree import (  # noqa: PLC0415
        FileState,
        inspect_tree,
        manifest_is_current,
        write_tree,
    )

    root = project_root()
    files = inspect_tree(root)
    people = console()
    if check:
        drifted = [file for file in files if file.state is not FileState.CURRENT]
        for file in drifted:
            people.print(f"{file.path}: {file.state.value}", style="red", markup=False)
        if drifted or not manifest_is_current(root, files):
            people.print("Generated files have drifted from `solutions/`; run `workshop build`.")
            raise typer.Exit(1)
        return
    for path in write_tree(root, files, force=force):
        people.print(path, markup=False)
    edited = [file.path for file in files if file.state is FileState.EDITED]
    if edited and not force:
        people.print("Left alone, since they were edited:", style="yellow")
        for path in edited:
            people.print(f"  {path}", markup=False)
        people.print("Write them again with `workshop build --force`; what is in them is lost then.")
        raise typer.Exit(1)
