"""`workshop bundle`: makes an air-gapped kit for a class, and proves that it is enough."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workshop.cli.course.run_sheet import USUAL_MINUTES, read_lessons, run_sheet
from workshop.cli.options import JsonOption, console, print_json
from workshop.cli.views.run_sheet_page import draw_page
from workshop.errors import ConfigurationError, WorkshopError
from workshop.kit.bundle import KitPlan, changed_files, fetch, finish, plan_kit, requirements_of
from workshop.kit.manifest import COURSE, check_files, lock_path, this_platform, this_python
from workshop.kit.proof import install_and_run, prove_on_paper
from workshop.kit.targets import PLATFORMS, KitTarget, chosen_targets
from workshop.kit.wheels import read_lock
from workshop.settings import project_root

__all__ = ["bundle"]


OutOption = Annotated[Path, typer.Option(help="Folder of the kit, such as one on a stick.", metavar="DIR")]
PlatformOption = Annotated[
    list[str] | None, typer.Option(help=f"One of {', '.join(PLATFORMS)}; may be repeated; else all.")
]
PythonOption = Annotated[
    list[str] | None, typer.Option(help="3.11, 3.12, 3.13 or 3.14; may be repeated; else all.")
]
BareOption = Annotated[
    bool, typer.Option("--no-solutions", help="Leave the solutions out, and the tests with them.")
]
FindLinksOption = Annotated[
    list[str] | None, typer.Option(help="For pip: a folder of wheels.", metavar="DIR")
]
IndexOption = Annotated[str | None, typer.Option(help="For pip: another index.", metavar="URL")]
NoIndexOption = Annotated[bool, typer.Option("--no-index", help="For pip: only what --find-links names.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Resolve, and say how large it will be.")]
VerifyOption = Annotated[
    bool, typer.Option("--verify", help="Only prove that the kit in DIR is enough, offline.")
]


def bundle(  # noqa: PLR0913 - each is an option of the command
    *,
    out: OutOption,
    platform: PlatformOption = None,
    python: PythonOption = None,
    no_solutions: BareOption = False,
    find_links: FindLinksOption = None,
    index_url: IndexOption = None,
    no_index: NoIndexOption = False,
    dry_run: DryRunOption = False,
    verify: VerifyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a kit that installs the course on any machine without a network, or prove that one is enough."""
    people = console(stderr=as_json)
    root, kit = project_root(), out.expanduser().absolute()
    targets = chosen_targets(platform or [], python or [])
    if verify:
        _verify(kit, targets, people, as_json=as_json)
        return
    options = _pip_options(find_links or [], index_url, no_index=no_index)

    def say(text: str) -> None:
        people.print(text, soft_wrap=True)

    try:
        plan = plan_kit(kit, targets, requirements_of(root), options, say)
        say(plan.summary())
        if not dry_run:
            _make(kit, plan, root, options, people, with_solutions=not no_solutions)
    except KeyboardInterrupt:
        say("Interrupted; what is loaded stays, and the same command goes on from here.")
        raise
    if as_json:
        print_json(
            {"kit": str(kit), "wheels": len(plan.all_wheels), "bytes": plan.bytes, "made": not dry_run}
        )


def _pip_options(find_links: list[str], index_url: str | None, *, no_index: bool) -> list[str]:
    options = [word for folder in find_links for word in ("--find-links", folder)]
    options += ["--index-url", index_url] if index_url else []
    return [*options, "--no-index"] if no_index else options


def _make(
    kit: Path, plan: KitPlan, root: Path, options: list[str], people: Console, *, with_solutions: bool
) -> None:
    fetch(kit, plan, options, lambda text: people.print(text, soft_wrap=True))
    lessons = read_lessons(root)
    page = draw_page([run_sheet(lessons, minutes) for minutes in USUAL_MINUTES])
    told = finish(kit, plan, root, page, with_solutions=with_solutions)
    if changed := changed_files(root):
        people.print(
            f"Note: {len(changed)} changed files are in the kit as they are committed.", style="yellow"
        )
    people.print(f"The kit is in {kit}; START-HERE.txt in it says what to type.", soft_wrap=True)
    people.print(f"Its list of checksums has the SHA-256 {told}", soft_wrap=True)


def _verify(kit: Path, targets: list[KitTarget], people: Console, *, as_json: bool) -> None:
    """Hold every file against its checksum, every target against its lock, and use the kit on this machine.

    Raises:
        ConfigurationError: there is no kit.
        WorkshopError: it is not enough.
    """
    if not (kit / COURSE).is_dir():
        raise ConfigurationError(f"`{kit}` is no kit; make one with `workshop bundle --out {kit}`")
    wrong = list(check_files(kit))
    requirements, proved = requirements_of(kit / COURSE), []
    for target in targets:
        wheels = read_lock(kit, target, requirements)
        if wheels is not None:
            trouble = prove_on_paper(kit, target, wheels, requirements)
            wrong += [f"{target}: {told}" for told in trouble]
            proved.append(str(target))
            proof = "not enough" if trouble else "tags, hashes and markers fit"
            people.print(f"{target}: {len(wheels)} wheels, {proof}")
    if wrong or not proved:
        raise WorkshopError(
            "the kit is not enough; make it again with the same command without `--verify`:\n"
            + "\n".join(wrong or ["it has no lock for what was asked"])
        )
    if lock_path(kit, this_platform(), this_python()).is_file():
        seen = install_and_run(kit)
    else:
        seen = {"network": "not tried", "steps": []}
    if as_json:
        print_json({"kit": str(kit), "targets": proved, **seen})
        return
    told = f"the network {seen['network']}" if seen["steps"] else "not tried, since the kit is for others"
    people.print(f"On this machine: {told}.")
    for step in seen["steps"]:
        people.print(f"  {step['step']:<10} {step['seconds']:6.1f} s  {step['seen']}", soft_wrap=True)
