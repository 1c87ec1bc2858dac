"""Starts a program that is not trusted: sets its limits, and puts it into a place of its own where possible.

``python confine.py SETTINGS KIND [--inside USER] -- PROGRAM …`` becomes PROGRAM. The settings are a JSON file
that `containment` writes. With `bwrap`, the program sees the system and the interpreter read-only, its code,
and a temporary folder of bounded size; its network is a loopback of its own, on which one port leads to the
cloud of its submission. Runs before and beside what it starts, so it needs the standard library alone.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

if sys.platform != "win32":
    import resource

__all__ = ["main"]

MARKER = "WORKSHOP_SUBMISSION"
SOCKET = "/run/cloud.sock"
MEGABYTE = 1024 * 1024
# Whoever checks goes first.
NICENESS = 5
FIRST_USER = 20_000
USERS = 40_000


def main() -> None:
    """Become the program."""
    settings_path, kind, *rest = sys.argv[1:]
    with open(settings_path, encoding="utf-8") as file:  # noqa: PTH123 - lean start
        settings = json.load(file)
    is_inside = rest[0] == "--inside"
    program = rest[rest.index("--") + 1 :]
    os.environ[MARKER] = settings["marker"]
    if settings["bwrap"] and not is_inside:
        # Another user for each, so that what one starts does not count for the others.
        user = str(FIRST_USER + os.getpid() % USERS)
        inner = [sys.executable, "-I", "-S", __file__, settings_path, kind, "--inside", user, "--", *program]
        os.execv(settings["bwrap"], [settings["bwrap"], *place(settings, kind), "--", *inner])  # noqa: S606 - see `become`
    if is_inside:
        watch_over(lambda: become(program, settings, user=int(rest[1])), settings)
    become(program, settings)


def place(settings: dict[str, Any], kind: str) -> list[str]:
    """Return bwrap's arguments for what the program may see."""
    limits = settings["limits"]
    size = str(limits["file_mb"] * 2 * MEGABYTE)
    here = os.getcwd()  # noqa: PTH109 - lean start
    options = [
        "--as-pid-1",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    if os.getuid() == 0:
        # A user namespace would leave root what it is to the process limit; see `leave_root`.
        options += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        options += ["--unshare-user"]
    options += [
        "--perms",
        "0755",
        "--dir",
        "/run",
        "--hostname",
        "submission",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    options += ["--size", size, "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108 - inside
    # First, since what is shown may lie below it.
    options += ["--size", size, "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108 - inside
    shown = [*settings["shown"], *settings["shown_to"].get(kind, ()), sys.argv[1]]
    if code := os.environ.get("LAMBDA_TASK_ROOT"):
        shown.append(os.path.dirname(code))  # noqa: PTH120 - lean start
    home = os.environ["HOME"]
    for path in folders_above([*shown, home]):
        options += ["--perms", "0755", "--dir", path]
    for path in shown:
        is_link = os.path.islink(path)  # noqa: PTH114 - lean start
        options += ["--symlink", os.readlink(path), path] if is_link else ["--ro-bind", path, path]  # noqa: PTH115 - lean start
    options += ["--bind", settings["socket"], SOCKET]
    options += ["--size", size, "--perms", "1777", "--tmpfs", home]
    return [*options, "--remount-ro", "/", "--chdir", here]


def folders_above(paths: list[str]) -> list[str]:
    """Return the folders in which paths lie, outer ones first; bwrap would close them to other users."""
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")[1:-1]
        found |= dict.fromkeys("/" + "/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return [folder for folder in sorted(found) if folder != "/tmp"]  # noqa: S108 - there already


def watch_over(start: Callable[[], None], settings: dict[str, Any]) -> None:
    """Start the program below this process, lead it to its cloud, and end with it.

    This is the first process of the place: when it ends, so does everything else there.
    """
    sys.path.insert(0, settings["package"])
    from relay import listen, serve  # type: ignore[import-not-found] # noqa: PLC0415 - it lies beside this

    listening = listen(settings["port"])
    program = os.fork()
    if program == 0:
        start()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)  # the program's own streams end with the program
    _thread.start_new_thread(serve, (listening, SOCKET))
    while True:
        ended, status = os.wait()
        if ended == program:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def become(program: list[str], settings: dict[str, Any], *, user: int | None = None) -> None:
    """Turn this process into the program, within its limits."""
    if user is not None:
        leave_root(user)
    set_limits(settings["limits"], is_alone=user is not None)
    os.execv(program[0], program)  # noqa: S606 - this is how a program becomes another


def leave_root(user: int) -> None:
    """Become a user that nobody is, so that limits hold; does nothing for who is not root."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def set_limits(limits: dict[str, Any], *, is_alone: bool) -> None:
    """Bound this process and what it starts; where the system cannot, the watchdog is left."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    processes = limits["processes"] + (0 if is_alone else own_tasks())
    for kind, amount in (
        ("CORE", 0),
        ("CPU", limits["cpu_seconds"]),
        ("FSIZE", limits["file_mb"] * MEGABYTE),
        ("NOFILE", limits["open_files"]),
        ("AS", limits["memory_mb"] * MEGABYTE),
        ("NPROC", processes),
    ):
        number = getattr(resource, f"RLIMIT_{kind}", None)
        if number is None or (kind == "NPROC" and sys.platform == "darwin"):
            continue  # there the limit counts all that the user runs, and nobody says how much that is
        most = resource.getrlimit(number)[1]
        bound = amount if most == resource.RLIM_INFINITY else min(amount, most)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(number, (bound, bound))


def own_tasks() -> int:
    """Return how many threads this user runs: the process limit counts them all."""
    count = 0
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():  # noqa: PTH112, PTH208 - lean start
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():  # noqa: PTH116 - lean start
                count += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208 - lean start
    return count


if __name__ == "__main__":
    main()
