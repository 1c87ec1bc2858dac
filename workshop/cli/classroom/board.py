"""`workshop board`: the class on one page, until Ctrl-C; or the class as a file, or forgotten."""

from pathlib import Path
from typing import Annotated

import typer

from workshop.classroom.board.class_board import ClassBoard, ClassSetup
from workshop.classroom.board.export import class_table
from workshop.classroom.board.plan import ClassPlan, CourseStep, PlanPart
from workshop.classroom.board.serving import EVERYWHERE, addresses_of, is_alone, serve
from workshop.classroom.board.store import KEPT_DAYS, ClassStore
from workshop.classroom.invitation import DEFAULT_BOARD_PORT
from workshop.cli.classroom.alone import only_one
from workshop.cli.course.run_sheet import BY_IMPORTANCE, NEVER_LEFT_OUT, read_lessons, run_sheet
from workshop.cli.options import HIGHEST_PORT, YesOption, agree, console, usage_errors
from workshop.clock import SystemClock
from workshop.course.exercises import all_exercises
from workshop.errors import ConfigurationError
from workshop.settings import DEFAULT_HOST, home_folder, project_root

__all__ = ["board", "board_setup"]

FILE = "board.db"
LONGEST_NAME = 60
NAME = "Trade risk workshop"


def board(  # noqa: PLR0913 - each is an option
    *,
    port: Annotated[
        int, typer.Option(help="Port of the board; 0 takes any free one.", min=0, max=HIGHEST_PORT)
    ] = DEFAULT_BOARD_PORT,
    host: Annotated[str | None, typer.Option(help="Address of this machine to listen to.")] = None,
    lan: Annotated[
        bool, typer.Option("--lan", help="Listen to everybody in the networks of this machine.")
    ] = False,
    name: Annotated[str, typer.Option("--class", help="What the class is called.", metavar="NAME")] = NAME,
    plan: Annotated[
        int | None,
        typer.Option(help="How long you have: the board compares with that run sheet.", metavar="MINUTES"),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="File that holds the class; without it, one in the private folder.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Write what became of every learner into this file, and end.", metavar="FILE.csv"),
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Delete the class and all of its data, and end.")
    ] = False,
    yes: YesOption = False,
) -> None:
    """Show a class on one page: every learner, every step, who needs help, and the pace against a plan."""
    file = data or home_folder() / FILE
    setup = board_setup(name, plan)
    if export:
        _export(setup, file, export)
    elif forget:
        _forget(file, yes=yes)
    else:
        _serve(setup, file, _host(host, lan=lan), port)


def _serve(setup: ClassSetup, file: Path, host: str, port: int) -> None:
    with only_one(file, "board"):
        clock = SystemClock()
        store = ClassStore(file, clock.now())
        try:
            class_board = ClassBoard(setup, store, clock)
            serve(class_board, host, port, lambda own_port: _tell(class_board, file, host, own_port))
        finally:
            store.close()


def _tell(class_board: ClassBoard, file: Path, host: str, port: int) -> None:
    """Say where the board is, who can reach it, and what it keeps."""
    # The instructor's link is opened here: in the room it could be heard.
    own = addresses_of(DEFAULT_HOST if host == EVERYWHERE else host, port)[0]
    everybody = addresses_of(host, port)
    lines = [f"Instructor: {own}/instructor?key={class_board.key}", f"Everybody:  {everybody[0]}/"]
    if host == EVERYWHERE:
        lines.append(f"It listens to the networks of this machine: {', '.join(everybody)}.")
    elif is_alone(host):
        lines.append("It listens to this machine alone; `--lan` lets the class in.")
    lines.append(
        f"What learners report is kept in `{file}`, for {KEPT_DAYS} days after the last report at most."
    )
    lines.append("Keep the instructor's link to yourself. Ctrl-C ends the board; nothing is lost.")
    if class_board.store.was_emptied:
        lines.append(f"Nothing had been reported for {KEPT_DAYS} days, so an earlier class was deleted.")
    people = console()
    for line in lines:
        people.print(line, soft_wrap=True)


def _export(setup: ClassSetup, file: Path, target: Path) -> None:
    if not file.exists():
        raise ConfigurationError(f"no board has kept anything in `{file}`; name its file with `--data`")
    clock = SystemClock()
    # Whoever asks for what a class has done must not lose it by asking.
    store = ClassStore(file, clock.now(), is_old_kept=True)
    try:
        # Spreadsheets take a file for UTF-8 only if it begins with this mark.
        target.write_text(class_table(ClassBoard(setup, store, clock)), encoding="utf-8-sig", newline="")
        count = len(store.learners())
        told = "1 learner is" if count == 1 else f"{count} learners are"
        console().print(f"{told} in `{target}`.", soft_wrap=True)
    finally:
        store.close()


def _forget(file: Path, *, yes: bool) -> None:
    with only_one(file, "board"):
        agree(f"This deletes every learner and everything else that a board has kept in `{file}`.", yes=yes)
        for name in (file, *(file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm"))):
            name.unlink(missing_ok=True)
    console().print(f"`{file}` is deleted; nothing is kept of the class.", soft_wrap=True)


def _host(host: str | None, *, lan: bool) -> str:
    if lan and host:
        raise ConfigurationError("`--lan` and `--host` say different things; choose one of them")
    return EVERYWHERE if lan else host or DEFAULT_HOST


def board_setup(name: str, minutes: int | None) -> ClassSetup:
    """Return what a class is about, from the checkout that this is called in.

    Raises:
        ConfigurationError: the name is no name, or the minutes are too few for a plan.
    """
    if not 1 <= len(name.strip()) <= LONGEST_NAME or not name.isprintable():
        raise ConfigurationError(f"a class is called by 1 to {LONGEST_NAME} characters; change `--class`")
    root = project_root()
    lessons = read_lessons(root)
    steps = tuple(CourseStep(each.id, each.notebook, each.title, each.minutes) for each in all_exercises())
    titles = {number: title for number, (title, _) in lessons.items()}
    return ClassSetup(name.strip(), steps, titles, _plan(lessons, minutes), root)


def _plan(lessons: dict[str, tuple[str, int]], minutes: int | None) -> ClassPlan | None:
    if minutes is None:
        return None
    with usage_errors():
        sheet = run_sheet(lessons, minutes)
    parts = tuple(PlanPart(step.begin, step.minutes, step.what, step.notebook) for step in sheet.steps)
    chosen = {part.notebook for part in parts}
    expendable = tuple(number for number in reversed(BY_IMPORTANCE) if number in chosen - NEVER_LEFT_OUT)
    return ClassPlan(minutes, parts, expendable)
