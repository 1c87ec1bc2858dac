"""The checks of `workshop doctor` that need nothing but Python: is this machine ready, and what mends it?

Each check looks at one thing, changes nothing, and returns a finding; none raises. They run before anything
is installed as well, so this module, and what it imports, needs the standard library alone.
"""

import importlib.util
import json
import os
import shutil
import socket
import sys
import tempfile
import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from workshop.clock import SystemClock
from workshop.errors import ConfigurationError, reason
from workshop.kit.findings import Grade, Preflight, size
from workshop.kit.memory import free_memory_bytes
from workshop.settings import DEFAULT_HOST, SOLUTIONS, STARTERS, has_solutions, home_folder, project_root

__all__ = [
    "check_browser",
    "check_checkout",
    "check_clock",
    "check_disk",
    "check_endpoint",
    "check_home",
    "check_leftovers",
    "check_memory",
    "check_port",
    "check_proxy",
    "check_python",
    "check_venv",
]

MINIMUM_PYTHON = (3, 11)
MINIMUM_FREE_BYTES = 500 * 1024**2
MINIMUM_MEMORY_BYTES = 1024**3
MUCH_KEPT_BYTES = 1024**3
# The file system of a stick may know no time zones.
CLOCK_SLACK_SECONDS = 86_400


def check_python() -> Preflight:
    """The Python that runs this is new enough."""
    running = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] >= MINIMUM_PYTHON:
        return Preflight("Python", Grade.GOOD, f"{running} at {sys.executable}")
    wanted = ".".join(map(str, MINIMUM_PYTHON))
    fix = f"install Python {wanted} or newer and run `make PYTHON=python{wanted} setup`"
    return Preflight("Python", Grade.PROBLEM, f"{running} is too old", fix)


def check_venv() -> Preflight:
    """Python can make virtual environments."""
    if all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        return Preflight("venv module", Grade.GOOD, "there")
    fix = "install it, on Debian and Ubuntu with `sudo apt install python3-venv`"
    return Preflight("venv module", Grade.WARNING, "missing; `make setup` cannot renew .venv/", fix)


def check_checkout() -> Preflight:
    """Notebooks, templates and handlers are found."""
    try:
        root = project_root()
    except ConfigurationError as error:
        return Preflight("Checkout", Grade.PROBLEM, str(error), "change into the folder that you cloned")
    wanted = ("lambdas", SOLUTIONS if has_solutions(root) else STARTERS)
    missing = [name for name in wanted if not (root / name).is_dir()]
    if missing:
        seen = f"{root} lacks {' and '.join(missing)}"
        return Preflight("Checkout", Grade.PROBLEM, seen, "restore it with `git checkout .`")
    held_back = "" if has_solutions(root) else "; its solutions are held back"
    return Preflight("Checkout", Grade.GOOD, f"{root}{held_back}")


def check_home() -> Preflight:
    """The workshop's private folder can be written to."""
    try:
        folder = home_folder()
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except ConfigurationError as error:
        return Preflight("Private folder", Grade.PROBLEM, str(error), "set `WORKSHOP_HOME` to another folder")
    except OSError as error:
        fix = "allow writing there, or name another folder in the variable `WORKSHOP_HOME`"
        return Preflight("Private folder", Grade.PROBLEM, f"cannot be written to: {error}", fix)
    return Preflight("Private folder", Grade.GOOD, str(folder))


def check_leftovers() -> Preflight | None:
    """What earlier runs left in the private folder is small, and no dead cloud is taken for a live one."""
    try:
        folder = home_folder()
        kept = sum(path.stat().st_size for path in folder.glob("cloud.state*"))
        pid_file = folder / "cloud.pid"
        address = json.loads(pid_file.read_text(encoding="utf-8"))["url"] if pid_file.exists() else ""
        port = urlsplit(str(address)).port or 0
    except ConfigurationError:
        return None  # the private folder has its own finding
    except (OSError, ValueError, TypeError, KeyError) as error:
        fix = "run `workshop cloud stop`, or delete `cloud.pid` in the private folder"
        return Preflight("Earlier runs", Grade.WARNING, f"left what cannot be read: {reason(error)}", fix)
    if address and not _is_taken(port):
        fix = "run `workshop cloud start`, which brings back what it kept, or `workshop cloud stop`"
        seen = f"a cloud that ran at {address} does not answer any more"
        return Preflight("Earlier runs", Grade.WARNING, seen, fix)
    seen = f"a cloud's state is kept, {size(kept)}" if kept else "left nothing behind"
    if kept > MUCH_KEPT_BYTES:
        fix = "if you do not need it, `workshop cloud reset` deletes everything in the offline cloud"
        return Preflight("Earlier runs", Grade.WARNING, seen, fix)
    return Preflight("Earlier runs", Grade.GOOD, seen)


def check_disk() -> Preflight:
    """There is room for logs and the code of functions."""
    where = tempfile.gettempdir()
    free = shutil.disk_usage(where).free
    seen = f"{size(free)} free in {where}"
    if free >= MINIMUM_FREE_BYTES:
        return Preflight("Disk", Grade.GOOD, seen)
    return Preflight("Disk", Grade.PROBLEM, seen, "make room for half a gigabyte, or set `TMPDIR` elsewhere")


def check_memory() -> Preflight:
    """There is memory for JupyterLab, the offline cloud and the functions that it runs."""
    free = free_memory_bytes()
    if free is None:
        return Preflight("Memory", Grade.GOOD, "this system does not tell how much is free")
    if free >= MINIMUM_MEMORY_BYTES:
        return Preflight("Memory", Grade.GOOD, f"{size(free)} free")
    fix = f"close other programs until {size(MINIMUM_MEMORY_BYTES)} are free"
    return Preflight("Memory", Grade.WARNING, f"only {size(free)} free", fix)


def check_clock() -> Preflight:
    """The machine's clock is not behind the files of the course."""
    now = SystemClock().now()
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if now >= Path(__file__).stat().st_mtime - CLOCK_SLACK_SECONDS:
        return Preflight("Clock", Grade.GOOD, shown)
    fix = "set date and time; AWS refuses calls from a clock that is minutes off"
    return Preflight("Clock", Grade.WARNING, f"{shown}, which is before this course was made", fix)


def check_proxy() -> Preflight:
    """No proxy stands between the browser and this machine's own address."""
    if not getproxies().get("http") or proxy_bypass(DEFAULT_HOST):
        return Preflight("Proxy", Grade.GOOD, "none for this machine's own address")
    fix = "add `127.0.0.1,localhost` to the variable `NO_PROXY`"
    return Preflight("Proxy", Grade.WARNING, f"a proxy is set for {DEFAULT_HOST} as well", fix)


def check_endpoint() -> Preflight:
    """No variable sends the commands elsewhere unnoticed."""
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        fix = "unset it unless you mean it"
        return Preflight("Endpoint", Grade.WARNING, f"`AWS_ENDPOINT_URL` points to {endpoint}", fix)
    kind = os.environ.get("WORKSHOP_CLOUD", "offline")
    return Preflight("Endpoint", Grade.GOOD, f"commands speak to the cloud `{kind}`")


def check_port(check: str, port: int, option: str, *, free: str = "free") -> Preflight:
    """Nothing listens on a port that the workshop wants."""
    if not _is_taken(port):
        return Preflight(check, Grade.GOOD, f"{free} ({port})")
    fix = f"stop that program, or choose another port: `workshop start {option} N`"
    return Preflight(check, Grade.WARNING, f"another program listens on port {port}", fix)


def check_browser() -> Preflight:
    """There is a browser to open notebooks with."""
    try:
        webbrowser.get()
    except webbrowser.Error:
        fix = "open the address that `workshop start` prints, from any browser that reaches this machine"
        return Preflight("Browser", Grade.WARNING, "none found", fix)
    return Preflight("Browser", Grade.GOOD, "found")


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((DEFAULT_HOST, port)) == 0
