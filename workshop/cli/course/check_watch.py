"""`workshop check --watch`: checks the exercises of a handler file again whenever the file is saved."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from workshop.cli.options import say_delivered
from workshop.clock import Clock, SystemClock
from workshop.course.answers import handler_file
from workshop.course.exercise import Exercise, Function
from workshop.course.files import saved_at
from workshop.errors import ConfigurationError

__all__ = ["check_when_saved"]

LOOK_EVERY_SECONDS = 0.5


def check_when_saved(
    exercises: Sequence[Exercise],
    root: Path,
    check: Callable[[Sequence[Exercise]], object],
    people: Console,
    *,
    clock: Clock | None = None,
) -> None:
    """Check once, and then whenever a file is saved those exercises that it answers; blocks until Ctrl-C.

    Raises:
        ConfigurationError: none of the exercises is answered in a file.
    """
    clock = clock or SystemClock()
    answered_in = _by_file(exercises, root)
    if not answered_in:
        names = ", ".join(f"`{each.id}`" for each in exercises)
        raise ConfigurationError(
            f"no answer to {names} is a file that could be saved; run the cell and its check instead"
        )
    saved = {file: saved_at(file) for file in answered_in}
    check([exercise for group in answered_in.values() for exercise in group])
    say_delivered(people)
    people.print(Text(f"Watching {_named(answered_in, root)}; Ctrl-C ends it.", style="dim"))
    try:
        while True:
            clock.sleep(LOOK_EVERY_SECONDS)
            for file, group in answered_in.items():
                if (now := saved_at(file)) not in {None, saved[file]}:
                    saved[file] = now
                    people.print(Text(f"\n{file.relative_to(root)} was saved.", style="bold"))
                    check(group)
                    # The class sees it now, and not only after Ctrl-C.
                    say_delivered(people)
    except KeyboardInterrupt:
        people.print(Text("No longer watching.", style="dim"))


def _by_file(exercises: Sequence[Exercise], root: Path) -> dict[Path, list[Exercise]]:
    found: dict[Path, list[Exercise]] = {}
    for exercise in exercises:
        if isinstance(exercise.answer_location, Function):
            found.setdefault(handler_file(root, exercise.answer_location.path), []).append(exercise)
    return found


def _named(files: Iterable[Path], root: Path) -> str:
    return ", ".join(str(file.relative_to(root)) for file in files)
