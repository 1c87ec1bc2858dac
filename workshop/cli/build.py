"""`workshop build`: writes the notebooks and starters that learners open from the solutions."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workshop.cli.options import console
from workshop.settings import project_root

if TYPE_CHECKING:
    from workshop.build.tree import GeneratedFile

__all__ = ["build"]


def build(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if anything has drifted or a solution shows.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited, too.")] = False,
) -> None:
    """Write notebooks and starters from `solutions/`; what a learner edited stays unless --force is given."""
    # Imported here, since turning notebooks takes half a second that other commands need not wait for.
    from workshop.build.tree import FileState, inspect_tree, write_tree  # noqa: PLC0415

    root = project_root()
    files = inspect_tree(root)
    people = console()
    if check:
        if found := [*_leaks(root), *_drift(root, files)]:
            for line in found:
                people.print(line, style="red", markup=False, soft_wrap=True)
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


def _drift(root: Path, files: "tuple[GeneratedFile, ...]") -> list[str]:
    """Return what differs from a fresh build, in words."""
    from workshop.build.tree import FileState, manifest_is_current  # noqa: PLC0415 - see above

    found = [f"{file.path}: {file.state.value}" for file in files if file.state is not FileState.CURRENT]
    if found or not manifest_is_current(root, files):
        found.append("Generated files have drifted from `solutions/`; run `workshop build`.")
    return found


def _leaks(root: Path) -> list[str]:
    """Return which solutions learners could read, in words."""
    from workshop.build.leaks import find_leaks  # noqa: PLC0415 - see above

    found = [str(leak) for leak in find_leaks(root)]
    if found:
        found.append("Learners could read solutions; say it in other words, or mark it as a solution.")
    return found
