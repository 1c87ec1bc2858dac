"""An offline cloud of one's own, for as long as a block lasts: for the demo and for tests.

It is a process of its own, so that the caller does not load moto, and it ends when the caller does, however
that happens: its standard input is a pipe from the caller.
"""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from workshop.cloud.connection import Cloud, connect
from workshop.cloud.offline.processes import DETACHED
from workshop.errors import CloudStartError

__all__ = ["temporary_cloud"]

START_SECONDS = 60.0
STOP_SECONDS = 15.0


@contextmanager
def temporary_cloud(
    *,
    region: str | None = None,
    launcher: Sequence[str] = (),
    folder: Path | None = None,
    kept: Path | None = None,
) -> Iterator[Cloud]:
    """Run an offline cloud on a free port inside the block, and connect to it.

    With a `launcher`, a command that ends by becoming the one behind it, the cloud is for functions that are
    not trusted: it starts them by the launcher, and takes changes through its control from the caller alone.
    `folder` is where the cloud may put files. It keeps its state in the file `kept`, if one is named.

    Raises:
        CloudStartError: it did not start; carries the end of its log.
    """
    with tempfile.TemporaryDirectory(prefix="workshop-cloud-", ignore_cleanup_errors=True) as private:
        log_file = Path(private) / "cloud.log"
        chosen = [*(["--guarded"] if launcher else []), *(["--kept", str(kept)] if kept else [])]
        with log_file.open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-Pm", "workshop.cloud.offline", "--port", "0", "--ephemeral", *chosen],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "TMPDIR": str(folder)} if folder else None,
                **DETACHED,
            )
        token = _guard(child, launcher) if launcher else None
        try:
            cloud = connect("offline", endpoint=_first_line(child, log_file), region=region)
            if cloud.offline is not None:
                cloud.offline.token = token
            yield cloud
        finally:
            _end(child)


def _guard(child: "subprocess.Popen[str]", launcher: Sequence[str]) -> str:
    """Tell the cloud a token of its own; nobody else can read that from the pipe."""
    token = secrets.token_hex(16)
    entrance = cast("IO[str]", child.stdin)
    with contextlib.suppress(OSError):  # it has ended already, which is found out when it says nothing
        entrance.write(json.dumps({"token": token, "launcher": list(launcher)}) + "\n")
        entrance.flush()
    return token


def _first_line(child: "subprocess.Popen[str]", log_file: Path) -> str:
    lines: list[str] = []
    output = cast("IO[str]", child.stdout)  # it is a pipe
    reader = threading.Thread(target=lambda: lines.append(output.readline()), daemon=True)
    reader.start()
    reader.join(START_SECONDS)
    if lines and lines[0].startswith("http"):
        return lines[0].strip()
    raise CloudStartError(
        "the temporary offline cloud did not start; its log says:\n"
        + log_file.read_text(encoding="utf-8", errors="replace")
    )


def _end(child: "subprocess.Popen[str]") -> None:
    with contextlib.suppress(OSError):
        cast("IO[str]", child.stdin).close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    cast("IO[str]", child.stdout).close()
