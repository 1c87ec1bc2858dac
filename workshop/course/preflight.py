"""The checks of `workshop doctor`: is this machine ready, and if not, what mends it?

Each check looks at one thing, changes nothing, and returns a finding; none raises.
"""

import importlib.util
import os
import shutil
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from urllib.request import getproxies, proxy_bypass

from packaging.requirements import Requirement

from workshop.cloud import background
from workshop.errors import ConfigurationError
from workshop.settings import DEFAULT_HOST, home_folder, project_root

__all__ = ["Grade", "Preflight", "examine"]

MINIMUM_PYTHON = (3, 11)
MINIMUM_FREE_BYTES = 500 * 1024 * 1024
DISTRIBUTION = "trade-risk-workshop"


class Grade(StrEnum):
    """How good a finding is; only a problem keeps the workshop from running."""

    GOOD = "good"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Preflight:
    """What a check saw, and what to do about it if it is not good."""

    check: str
    grade: Grade
    seen: str
    fix: str = ""


def examine(port: int, lab_port: int) -> tuple[Preflight, ...]:
    """Return a finding for everything that the workshop needs, the most basic first."""
    checks: tuple[Callable[[], Preflight], ...] = (
        check_python,
        check_venv,
        check_packages,
        check_checkout,
        check_home,
        check_disk,
        check_proxy,
        check_endpoint,
        lambda: check_cloud(port),
        lambda: check_port("JupyterLab's port", lab_port, "--lab-port"),
        check_browser,
    )
    return tuple(check() for check in checks)


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


def check_packages() -> Preflight:
    """Every package that the workshop needs is installed in a version that it works with."""
    fix = "run `make setup`, or `pip install -e .` in the checkout"
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return Preflight("Packages", Grade.PROBLEM, f"{DISTRIBUTION} itself is not installed", fix)
    wanted = [Requirement(line) for line in lines]
    needed = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    wrong = [trouble for requirement in needed if (trouble := _trouble_with(requirement))]
    if wrong:
        return Preflight("Packages", Grade.PROBLEM, "; ".join(wrong), fix)
    return Preflight("Packages", Grade.GOOD, f"{len(needed)} packages in versions that fit")


def check_checkout() -> Preflight:
    """Notebooks, templates and handlers are found."""
    try:
        root = project_root()
    except ConfigurationError as error:
        return Preflight("Checkout", Grade.PROBLEM, str(error), "change into the folder that you cloned")
    missing = [name for name in ("lambdas", "solutions") if not (root / name).is_dir()]
    if missing:
        seen = f"{root} lacks {' and '.join(missing)}"
        return Preflight("Checkout", Grade.PROBLEM, seen, "restore it with `git checkout .`")
    return Preflight("Checkout", Grade.GOOD, str(root))


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


def check_disk() -> Preflight:
    """There is room for logs and the code of functions."""
    where = tempfile.gettempdir()
    free = shutil.disk_usage(where).free
    seen = f"{free / 1024**3:.1f} GB free in {where}"
    if free >= MINIMUM_FREE_BYTES:
        return Preflight("Disk", Grade.GOOD, seen)
    return Preflight("Disk", Grade.PROBLEM, seen, "make room for half a gigabyte, or set `TMPDIR` elsewhere")


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


def check_cloud(port: int) -> Preflight:
    """The offline cloud runs in the background, or its port is free."""
    try:
        status = background.status()
    except ConfigurationError:
        return Preflight("Offline cloud", Grade.WARNING, "has no private folder", "mend that first")
    if status.is_running:
        return Preflight("Offline cloud", Grade.GOOD, f"runs at {status.url}")
    if status.state != "stopped":
        seen = f"process {status.pid} at {status.url} is {status.state}"
        return Preflight("Offline cloud", Grade.WARNING, seen, "run `workshop cloud start`")
    return check_port("Offline cloud", port, "--port", free="not running, its port is free")


def check_port(check: str, port: int, option: str, *, free: str = "free") -> Preflight:
    """Nothing listens on a port that the workshop wants."""
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((DEFAULT_HOST, port)) == 0
    if not taken:
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


def _trouble_with(requirement: Requirement) -> str | None:
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"{requirement.name} is {installed}, wanted is {requirement.specifier}"
