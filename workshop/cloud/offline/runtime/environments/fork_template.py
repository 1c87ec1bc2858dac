"""The template: a process that has boto3 imported, and forks itself into execution environments.

A program of its own, started by `fork_templates` on Linux alone. It has one thread and runs nobody's code; a
fork of it becomes an environment by going on as `bootstrap` does in a fresh interpreter, and shares with the
others every page of memory that none of them changes.

Its standard input is a socket. It says which modules it has loaded beyond those of a fresh interpreter; then
each request is a JSON object with `variables` and `folder`, and four descriptors: standard input, output and
error of the environment, and a pipe for its status. The environment writes its process id there, and the
template how it ended. The process id stays taken until the owner closes the pipe, so that the owner can never
kill another process by it. The template ends when the socket does.
"""

from __future__ import annotations

import importlib.util
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

BOOTSTRAP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bootstrap.py")  # noqa: PTH118, PTH120, PTH100 - lean start
STANDARD = (0, 1, 2)


def load_bootstrap() -> ModuleType:
    """Load the environments' program, without running it."""
    spec = importlib.util.spec_from_file_location("bootstrap", BOOTSTRAP)
    if spec is None or spec.loader is None:
        raise ImportError(BOOTSTRAP)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Fork one environment for each request, until the owner is gone."""
    bootstrap = load_bootstrap()
    fresh = set(sys.modules)
    sys.path.extend(sys.argv[1:])
    warm_up()
    Template(bootstrap, sorted({name.partition(".")[0] for name in set(sys.modules) - fresh})).serve()


def warm_up() -> None:
    """Import boto3, and let its default session read the data that every client of DynamoDB needs."""
    import boto3  # noqa: PLC0415 - what came before belongs to a fresh interpreter

    session = boto3.session.Session()
    # With keys of its own: the session's credentials are looked for in the environment that it will be in.
    session.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1",
        aws_access_key_id="-",
        aws_secret_access_key="-",  # noqa: S106 - no secret, and never sent
    )
    boto3.DEFAULT_SESSION = session


class Template:
    """The loop of the template process."""

    def __init__(self, bootstrap: ModuleType, loaded: list[str]) -> None:
        import select  # noqa: PLC0415 - as above
        import signal  # noqa: PLC0415
        import socket  # noqa: PLC0415

        self._bootstrap = bootstrap
        self._loaded = loaded
        self._owner = socket.socket(fileno=os.dup(0))
        self._events = select.poll()
        # A child's end wakes the loop through this pipe.
        self._ended, woken = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        # By status pipe, and the other way round; a pipe that the owner has closed is gone.
        self._pids: dict[int, int] = {}
        self._running: dict[int, int | None] = {}

    def serve(self) -> None:
        """Answer requests; returns in the owner's absence, and never in a fork."""
        import gc  # noqa: PLC0415
        import json  # noqa: PLC0415
        import select  # noqa: PLC0415
        import socket  # noqa: PLC0415

        self._owner.sendall(json.dumps(self._loaded).encode())
        self._events.register(self._owner, select.POLLIN)
        self._events.register(self._ended, select.POLLIN)
        # What is there now belongs to all forks, and their collectors leave it alone.
        gc.collect()
        gc.freeze()
        while True:
            for descriptor, _ in self._events.poll():
                if descriptor == self._owner.fileno():
                    request, descriptors, _, _ = socket.recv_fds(self._owner, 1 << 20, 4)
                    if not request:
                        return
                    self._fork(json.loads(request), descriptors)
                elif descriptor == self._ended:
                    os.read(self._ended, 1 << 16)
                    self._report()
                else:
                    self._forget(descriptor)

    def _fork(self, request: dict[str, Any], descriptors: list[int]) -> None:
        status = descriptors[3]
        try:
            pid = os.fork()
        except OSError:  # the machine has no room: the owner sees that the pipe ends
            for descriptor in descriptors:
                os.close(descriptor)
            return
        if not pid:
            become(self._bootstrap, request, descriptors)
        for descriptor in descriptors[:3]:
            os.close(descriptor)
        self._pids[status], self._running[pid] = pid, status
        # Nothing comes from there but the news that its reader is gone.
        self._events.register(status, 0)

    def _report(self) -> None:
        """Tell how those ended that have ended; their process ids stay taken."""
        for pid, status in list(self._running.items()):
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                continue
            del self._running[pid]
            if status is None:
                os.waitpid(pid, 0)
            else:
                code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
                write_line(status, code)

    def _forget(self, status: int) -> None:
        """Let go of an environment whose owner does not ask for it any more."""
        self._events.unregister(status)
        os.close(status)
        pid = self._pids.pop(status)
        if pid in self._running:
            self._running[pid] = None
        else:
            os.waitpid(pid, 0)


def become(bootstrap: ModuleType, request: dict[str, Any], descriptors: list[int]) -> None:
    """Go on as an environment; does not return."""
    import signal  # noqa: PLC0415
    import time  # noqa: PLC0415

    code = 1
    try:
        os.setsid()
        write_line(descriptors[3], os.getpid())
        for target, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, target)
        # What belongs to the template, and to other environments.
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - lean start
            if int(name) not in STANDARD:
                close_quietly(int(name))
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.path[:] = [path for path in sys.path if path not in sys.argv[1:]]
        sys.argv[:] = [BOOTSTRAP]
        bootstrap.__name__ = "__main__"
        sys.modules["__main__"] = bootstrap
        os.environ.clear()
        os.environ.update(request["variables"])
        time.tzset()
        os.chdir(request["folder"])
        bootstrap.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:  # noqa: BLE001 - a fork must not go on as a second template
        sys.excepthook(*sys.exc_info())
    finally:
        bootstrap.flush()
        os._exit(code)


def write_line(descriptor: int, number: int) -> None:
    """Write a number; a reader that is gone does not want it."""
    try:
        os.write(descriptor, b"%d\n" % number)
    except BrokenPipeError:
        return


def close_quietly(descriptor: int) -> None:
    """Close a descriptor that may be closed already."""
    try:
        os.close(descriptor)
    except OSError:
        return


if __name__ == "__main__":
    main()
