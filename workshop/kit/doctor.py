"""All checks of `workshop doctor`: those of a bare machine, and what can be seen once all is installed."""

from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

import psutil
from packaging.requirements import Requirement

from workshop.cloud import background
from workshop.errors import ConfigurationError
from workshop.kit import preflight
from workshop.kit.aws_account import check_aws
from workshop.kit.bare_doctor import Check, machine_checks
from workshop.kit.findings import Grade, Preflight
from workshop.kit.installation import check_lock

__all__ = ["examine"]

DISTRIBUTION = "trade-risk-workshop"
# What tells a process of the workshop from others: words of its command line.
PROGRAMS = {"workshop.cloud.offline": "an offline cloud", "jupyterlab": "JupyterLab"}


def examine(
    port: int, lab_port: int, *, kind: str = "offline", region: str | None = None
) -> tuple[Preflight, ...]:
    """Return a finding for everything that the workshop needs, the most basic first; `kind` is a cloud's."""
    checks: tuple[Check, ...] = (
        preflight.check_python,
        preflight.check_venv,
        check_packages,
        check_lock,
        *machine_checks(),
        *(() if kind == "aws" else (lambda: check_cloud(port),)),
        check_processes,
        lambda: preflight.check_port("JupyterLab's port", lab_port, "--lab-port"),
        preflight.check_browser,
    )
    found = [finding for check in checks if (finding := check())]
    return (*found, *(check_aws(region) if kind == "aws" else ()))


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
    return preflight.check_port("Offline cloud", port, "--port", free="not running, its port is free")


def check_processes() -> Preflight:
    """No cloud and no JupyterLab of an earlier run is still there without anybody who started it."""
    known = _known_pid()
    left = [
        f"{what}, process {process.pid}"
        for process in psutil.process_iter(["cmdline", "ppid"])
        if process.pid != known and (what := _orphaned_program(process.info))
    ]
    if not left:
        return Preflight("Processes", Grade.GOOD, "none left by earlier runs")
    fix = "if nobody uses it, end it by its number, or restart the machine"
    return Preflight("Processes", Grade.WARNING, f"without a parent: {'; '.join(left)}", fix)


def _known_pid() -> int | None:
    try:
        return background.status().pid
    except ConfigurationError:
        return None


def _orphaned_program(information: dict[str, Any]) -> str | None:
    """Return what a process is, if it is the workshop's and whoever started it is gone."""
    words = information["cmdline"] or []  # another user's tells nothing
    what = next((what for word, what in PROGRAMS.items() if word in words), None)
    parent = information["ppid"]
    is_orphan = parent in {None, 0, 1} or not psutil.pid_exists(parent)
    return what if is_orphan else None


def _trouble_with(requirement: Requirement) -> str | None:
    try:
        installed = version(requirement.name)
    except PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(installed, prereleases=True):
        return None
    return f"{requirement.name} is {installed}, wanted is {requirement.specifier}"
