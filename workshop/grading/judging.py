"""The trusted process of one submission: ``python -I -m workshop.grading.judging``.

In goes a job (one JSON line on standard input), out come events, one JSON line each, on what was standard
output: which exercise is at hand, and each verdict. Nobody else holds that channel: what is started here gets
channels of its own, and answers never run in this process.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop.cloud.privacy import keep_to_oneself
from workshop.cloud.temporary import temporary_cloud
from workshop.course.course import Course
from workshop.course.exercises import find_exercise
from workshop.grading.handed_in import HandedIn
from workshop.grading.sandbox.containment import Containment, Place
from workshop.grading.sandbox.limits import Limits
from workshop.grading.sandbox.process_tree import adopt_orphans, end_below
from workshop.grading.sandbox.relay import BACKLOG, Relay
from workshop.grading.sitting import Sitting

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud
    from workshop.course.exercise import Exercise

__all__ = ["main"]


def main() -> None:
    """Judge the exercises of one job."""
    keep_to_oneself()
    adopt_orphans()
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a check prints is no event

    def tell(event: str, **more: Any) -> None:
        channel.write(json.dumps({"event": event, **more}) + "\n")

    job = json.loads(sys.stdin.buffer.readline())
    place = Place(Path(job["folder"]), job["marker"], Limits(**job["limits"]), Containment(job["bwrap"], ()))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    handed_in = HandedIn(place.folder / "handed-in")
    answered = []
    for exercise in map(find_exercise, job["exercises"]):
        if verdict := handed_in.missing(exercise):
            tell("verdict", id=exercise.id, outcome=str(verdict.outcome), feedback=verdict.feedback)
        else:
            answered.append(exercise)
    if answered:
        tell("start", id=answered[0].id)
        with _cloud(place) as cloud:
            course = Course(cloud, root=place.root, home=place.folder / "home")
            _judge(answered, Sitting(course, handed_in=handed_in, place=place), tell)
    tell("end")


def _judge(exercises: Sequence[Exercise], sitting: Sitting, tell: Callable[..., None]) -> None:
    for exercise in exercises:
        tell("start", id=exercise.id)
        verdict = sitting.judge(exercise, begun=partial(tell, "answer", id=exercise.id))
        tell("verdict", id=exercise.id, outcome=str(verdict.outcome), feedback=verdict.feedback)


def _end_with_parent() -> None:
    """Take everything along when whoever watches is gone: nobody would end it otherwise."""
    while sys.stdin.buffer.read(1):
        pass
    end_below(os.getpid())
    os._exit(1)


@contextlib.contextmanager
def _cloud(place: Place) -> Iterator[Cloud]:
    """Run the submission's own cloud, with a way to it for those who have no network."""
    temporary = place.folder / "tmp"
    with temporary_cloud(launcher=place.launcher("function"), folder=temporary) as cloud:
        port = int(str(cloud.endpoint).rpartition(":")[2])
        place.write_settings(port)
        with _way_in(place, port):
            yield cloud


@contextlib.contextmanager
def _way_in(place: Place, port: int) -> Iterator[None]:
    if place.containment.bwrap is None:
        yield
        return
    place.socket.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    _bind(listening, place.socket)
    place.socket.chmod(0o666)  # the folder around it is closed to others; inside, answers are another user
    listening.listen(BACKLOG)
    relay = Relay(listening, ("127.0.0.1", port))
    thread = threading.Thread(target=relay.serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        relay.close()
        thread.join()


def _bind(listening: socket.socket, path: Path) -> None:
    """Bind to a path of any length: the system takes 107 bytes, and a temporary folder may lie deep.

    Only `bwrap` needs the socket, so this is Linux, which knows a short way to every open folder.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        listening.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


if __name__ == "__main__":
    main()
