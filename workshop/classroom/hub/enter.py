"""Takes rights away and becomes the program of a seat: ``python -I -S enter.py SETTINGS -- PROGRAM …``.

SETTINGS is a JSON object: `folder` to work in, `user` (a uid to switch to from root, or null), `memory_mb`
(address space of a process), `processes`, `processors`, `position` (which processors, counted round). Runs as
`python -I -S`, so it imports the standard library alone.
"""

import contextlib
import json
import os
import sys

if sys.platform != "win32":
    import resource

__all__ = ["main"]

MEGABYTE = 1024 * 1024
LARGEST_FILE_MB = 1024
# The hub and its proxy answer the class while seats compute.
NICENESS = 5


def main() -> None:
    """Replace this process by the program."""
    settings = json.loads(sys.argv[1])
    program = sys.argv[sys.argv.index("--") + 1 :]
    if settings["user"] is not None:
        os.setgroups([])
        os.setgid(settings["user"])
        os.setuid(settings["user"])
    # Not before: the folder is closed to everybody else, and root has no special rights inside.
    os.chdir(settings["folder"])
    os.nice(NICENESS)
    limit(settings)
    os.execv(program[0], program)  # noqa: S606 - no shell wanted


def limit(settings: dict[str, int]) -> None:
    """Set what this process and its children may use at most."""
    bounds = {
        "RLIMIT_CORE": 0,
        "RLIMIT_AS": settings["memory_mb"] * MEGABYTE,
        # A file that grows without end meets this before the disk of the class is full.
        "RLIMIT_FSIZE": LARGEST_FILE_MB * MEGABYTE,
    }
    # Counted for each user: only a seat that has a user of its own can be bounded by itself.
    if settings["user"] is not None:
        bounds["RLIMIT_NPROC"] = settings["processes"]
    for name, amount in bounds.items():
        number = getattr(resource, name)
        most = resource.getrlimit(number)[1]
        bound = amount if most == resource.RLIM_INFINITY else min(amount, most)
        with contextlib.suppress(OSError, ValueError):  # macOS has no bound for the address space
            resource.setrlimit(number, (bound, bound))
    if hasattr(os, "sched_setaffinity"):
        there = sorted(os.sched_getaffinity(0))
        first = settings["position"] * settings["processors"]
        os.sched_setaffinity(
            0, {there[(first + each) % len(there)] for each in range(settings["processors"])}
        )


if __name__ == "__main__":
    main()
