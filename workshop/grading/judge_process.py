"""The trusted process of one submission: ``python -I -m workshop.grading.judge_process``.

Reads a job from standard input, one JSON line: `folder`, `marker`, `limits`, `bwrap`, `exercises`. Writes
events to what was standard output, one JSON line each: `start` and `answer` (with `id`), `verdict` (with
`id`, `outcome`, `feedback`), and `end`. Only this process holds that channel: what it starts gets channels of
its own, and answers never run in it.
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
from workshop.grading.sandbox.availability import Containment
from workshop.grading.sandbox.limits import Limits
from workshop.grading.sandbox.process_tree import adopt_orphans, end_below
from workshop.grading.sandbox.relay import BACKLOG, Relay
from workshop.grading.sandbox.sandbox import Sandbox
from workshop.grading.submission_judge import SubmissionJudge
from workshop.grading.submitted_answers import SubmittedAnswers

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud
    from workshop.course.exercise import Exercise

__all__ = ["main"]


def main() -> None:
    """Judge the exercises of one job."""
    keep_to_oneself()
    adopt_orphans()
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a check prints must not look like an event

    def tell(event: str, **more: Any) -> None:
        channel.write(json.dumps({"event": event, **more}) + "\n")

    job = json.loads(sys.stdin.buffer.readline())
    sandbox = Sandbox(
        Path(job["folder"]), job["marker"], Limits(**job["limits"]), Containment(job["bwrap"], ())
    )
    # Only now: it reads on behind the job, which is the first line.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    answers = SubmittedAnswers(sandbox.folder / "handed-in")
    answered = []
    for exercise in map(find_exercise, job["exercises"]):
        if verdict := answers.missing(exercise):
            tell("verdict", id=exercise.id, outcome=str(verdict.outcome), feedback=verdict.feedback)
        else:
            answered.append(exercise)
    if answered:
        tell("start", id=answered[0].id)
        with _cloud(sandbox) as cloud:
            course = Course(cloud, root=sandbox.root, home=sandbox.folder / "home")
            _judge(answered, SubmissionJudge(course, answers, sandbox), tell)
    tell("end")


def _judge(exercises: Sequence[Exercise], judge: SubmissionJudge, tell: Callable[..., None]) -> None:
    for exercise in exercises:
        tell("start", id=exercise.id)
        verdict = judge.judge(exercise, begun=partial(tell, "answer", id=exercise.id))
        tell("verdict", id=exercise.id, outcome=str(verdict.outcome), feedback=verdict.feedback)


def _end_with_parent() -> None:
    """End with everything below when the supervisor is gone, which shows as the end of standard input."""
    while sys.stdin.buffer.read(1):
        pass
    end_below(os.getpid())
    os._exit(1)


@contextlib.contextmanager
def _cloud(sandbox: Sandbox) -> Iterator[Cloud]:
    """Run the submission's own cloud, with a socket file for programs without a network."""
    temporary = sandbox.folder / "tmp"
    with temporary_cloud(launcher=sandbox.launcher("function"), folder=temporary) as cloud:
        port = int(str(cloud.endpoint).rpartition(":")[2])
        sandbox.write_settings(port)
        with _way_in(sandbox, port):
            yield cloud


@contextlib.contextmanager
def _way_in(sandbox: Sandbox, port: int) -> Iterator[None]:
    if sandbox.containment.bwrap is None:
        yield
        return
    sandbox.socket.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    _bind(listening, sandbox.socket)
    # Answers run under another uid in the sandbox; other users of the machine cannot enter the folder.
    sandbox.socket.chmod(0o666)
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
    """Bind to a path of any length: the kernel takes 107 bytes, and a temporary folder may lie deep.

    Only `bwrap` needs the socket, so this is Linux, where `/proc/self/fd` offers a short path to an open
    folder.
    """
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        listening.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


if __name__ == "__main__":
    main()
