"""Runs the cell of a learner, in a contained process whose only connection is to the submission's cloud.

Reads a JSON document from standard input (`id`, `source`, `endpoint`, `root`, `runs`), and writes one to
standard output: `error`, which the cell raised, and `runs`, which it has begun. Both may be forged by the
cell, so the verdict depends on neither.
"""

import json
import os
import sys
import traceback
from pathlib import Path

from workshop.cloud.connection import connect
from workshop.course.course import Course
from workshop.course.tools.plain import PlainWorkshop
from workshop.grading.runs import read_runs, write_runs

__all__ = ["main"]


def main() -> None:
    """Run one cell."""
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the cell prints must not mix with the report
    job = json.loads(sys.stdin.buffer.read())
    home = Path(os.environ["WORKSHOP_HOME"])
    write_runs(home, job["runs"])
    course = Course(connect("offline", endpoint=job["endpoint"]), root=Path(job["root"]), home=home)
    error = _run(job["source"], job["id"], course)
    sys.stdout.flush()
    report.write(json.dumps({"error": error, "runs": read_runs(home)}))
    report.flush()
    os._exit(0)  # does not wait for threads of the cell


def _run(source: str, exercise_id: str, course: Course) -> str | None:
    name = f"<{exercise_id}>"
    try:
        exec(compile(source, name, "exec"), {"__name__": "__main__", "ws": PlainWorkshop(course)})  # noqa: S102 - what this process is for
    # SystemExit and KeyboardInterrupt too: they end the cell, and the report is still written.
    except BaseException as error:  # noqa: BLE001
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == name]
        line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
        return f"{type(error).__name__}: {error}" + (f" (line {line} of the cell)" if line else "")
    return None


if __name__ == "__main__":
    main()
