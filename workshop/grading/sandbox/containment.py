"""Contains an untrusted program: sets its limits, and starts it in namespaces of its own with `bwrap`.

``python containment.py SETTINGS KIND [--inside USER] -- PROGRAM …`` becomes PROGRAM. The settings are the
JSON file that `Sandbox.write_settings` writes; KIND is `function` or `cell`, and decides which folders are
shown. With `bwrap`, the program sees the system and the interpreter read-only, its code, and temporary
folders of bounded size; its network is a loopback of its own, on which one port leads to the cloud of its
submission. Without it, the limits are all that holds. Runs as `python -I -S`, so it imports the standard
library alone.
"""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import socket
import sys

# Not from `typing`, which a lean start goes without; type checkers know a constant of this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

if sys.platform != "win32":
    import resource

__all__ = ["MARKER", "main"]

MARKER = "WORKSHOP_SUBMISSION"
SOCKET = "/run/cloud.sock"
NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
MEGABYTE = 1024 * 1024
# The checker must stay responsive while answers compute.
NICENESS = 5
# Above the users of common systems and below the range of systemd's dynamic users.
FIRST_USER = 20_000
USERS = 40_000
BACKLOG = 128


def main() -> None:
    """Replace this process by the program."""
    settings_path, kind, *rest = sys.argv[1:]
    with open(settings_path, encoding="utf-8") as file:  # noqa: PTH123 - lean start
        settings = json.load(file)
    is_inside = rest[0] == "--inside"
    program = rest[rest.index("--") + 1 :]
    os.environ[MARKER] = settings["marker"]
    if settings["bwrap"] and not is_inside:
        # The kernel counts processes per user: each program gets its own, or they would use up each other's.
        user = str(FIRST_USER + os.getpid() % USERS)
        inner = [sys.executable, "-I", "-S", __file__, settings_path, kind, "--inside", user, "--", *program]
        bwrap = settings["bwrap"]
        os.execv(bwrap, [bwrap, *bwrap_arguments(settings, kind), "--", *inner])  # noqa: S606 - no shell wanted
    if is_inside:
        run_as_init(lambda: exec_with_limits(program, settings, user=int(rest[1])), settings)
    exec_with_limits(program, settings)


def bwrap_arguments(settings: dict[str, Any], kind: str) -> list[str]:
    """Return bwrap's options: which namespaces are new, and what the program sees of the file system."""
    size = str(settings["limits"]["file_mb"] * 2 * MEGABYTE)
    temporary = ["--size", size, "--perms", "1777", "--tmpfs"]
    home = os.environ["HOME"]
    # The settings as well: they are read once more inside.
    shown = [*settings["shown"], *settings["shown_to"].get(kind, ()), sys.argv[1]]
    if code := os.environ.get("LAMBDA_TASK_ROOT"):
        shown.append(os.path.dirname(code))  # noqa: PTH120 - lean start
    # As PID 1, with no process of bwrap's own before it; see `run_as_init`.
    options = ["--as-pid-1", *NAMESPACES, "--hostname", "submission", *privileges()]
    options += ["--perms", "0755", "--dir", "/run", "--proc", "/proc", "--dev", "/dev"]
    # Read-only only now, when `/dev/shm` is mounted in it.
    options += [*temporary, "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108 - inside
    # Mounted before what is shown, which may lie below it.
    options += [*temporary, "/tmp"]  # noqa: S108 - inside
    for path in folders_above([*shown, home]):
        options += ["--perms", "0755", "--dir", path]
    for path in shown:
        options += mounted(path)
    options += ["--bind", settings["socket"], SOCKET, *temporary, home]
    # Last: until now bwrap has had to make folders there.
    return [*options, "--remount-ro", "/", "--chdir", os.getcwd()]  # noqa: PTH109 - lean start


def privileges() -> list[str]:
    """Return bwrap's options for what the program's user may do.

    In a user namespace, root's processes would still count as root's, whom RLIMIT_NPROC does not bind. So
    root gets none, but keeps the capabilities to switch to an unused uid; see `switch_user`.
    """
    if os.getuid() == 0:
        return ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return ["--unshare-user"]


def folders_above(paths: list[str]) -> list[str]:
    """Return the folders in which paths lie, outer ones first; bwrap would close them to other users."""
    found: dict[str, None] = {}
    for path in paths:
        parts = path.split("/")[1:-1]
        found |= dict.fromkeys("/" + "/".join(parts[: depth + 1]) for depth in range(len(parts)))
    return [folder for folder in sorted(found) if folder != "/tmp"]  # noqa: S108 - there already


def mounted(path: str) -> list[str]:
    """Return bwrap's options that show a path read-only; a link stays a link, as in `/lib` → `usr/lib`."""
    if os.path.islink(path):  # noqa: PTH114 - lean start
        return ["--symlink", os.readlink(path), path]  # noqa: PTH115 - lean start
    return ["--ro-bind", path, path]


def run_as_init(start: Callable[[], None], settings: dict[str, Any]) -> None:
    """Start the program as a child, relay its connections to its cloud, and exit with its exit code.

    This is the first process of its PID namespace: when it exits, the kernel kills all others there.
    """
    # Listens before the program starts, which may connect at once.
    listening = socket.create_server(("127.0.0.1", settings["port"]), backlog=BACKLOG)
    program = os.fork()
    if program == 0:
        start()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)  # the reader of the program's output must see its end when the program ends
    # Imported only now: asyncio takes a while, for which the program need not wait.
    sys.path.insert(0, settings["package"])
    from relay import Relay  # type: ignore[import-not-found] # noqa: PLC0415 - it lies beside this

    _thread.start_new_thread(Relay(listening, SOCKET).serve, ())
    while True:
        # Also reaps orphans, which the kernel hands to the first process of a namespace.
        ended, status = os.wait()
        if ended == program:
            code = os.waitstatus_to_exitcode(status)
            # A signal's number as a shell gives it.
            os._exit(code if code >= 0 else 128 - code)


def exec_with_limits(program: list[str], settings: dict[str, Any], *, user: int | None = None) -> None:
    """Replace this process by the program, within the limits; `user` is the uid to switch to from root."""
    if user is not None:
        switch_user(user)
    set_limits(settings["limits"], is_alone=user is not None)
    os.execv(program[0], program)  # noqa: S606 - no shell wanted


def switch_user(user: int) -> None:
    """Switch from root to an unused uid, because RLIMIT_NPROC does not bind root."""
    if os.getuid() == 0:
        # Groups first: who is no longer root may not change them.
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def set_limits(limits: dict[str, Any], *, is_alone: bool) -> None:
    """Set the resource limits of this process, which its children inherit; see `Limits` for the units.

    With `is_alone`, the user runs nothing else, so the process limit need not leave room for other programs.
    What a system cannot limit, the supervisor notices a moment later.
    """
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
        # macOS counts all processes of the user, and offers no cheap way to learn how many there are.
        if number is None or (kind == "NPROC" and sys.platform == "darwin"):
            continue
        # The hard limit too, or the program could raise it again; an own lower limit of the checker stays.
        most = resource.getrlimit(number)[1]
        bound = amount if most == resource.RLIM_INFINITY else min(amount, most)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(number, (bound, bound))


def own_tasks() -> int:
    """Return how many threads this user runs: RLIMIT_NPROC counts them all."""
    count = 0
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():  # noqa: PTH112, PTH208 - lean start
        with contextlib.suppress(OSError):
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.getuid():  # noqa: PTH116 - lean start
                count += len(os.listdir(f"/proc/{name}/task"))  # noqa: PTH208 - lean start
    return count


if __name__ == "__main__":
    main()
