"""Gives each learner a seat: a process of their own, in a folder of their own, which sees nobody else's."""

import asyncio
import contextlib
import errno
import json
import os
import sys
from pathlib import Path
from typing import Any

import psutil
from jupyterhub.spawner import LocalProcessSpawner
from jupyterhub.utils import wait_for_server
from traitlets import Any as AnyTrait

from workshop.classroom.hub import enter
from workshop.classroom.hub.course import prepare_seat
from workshop.classroom.hub.disk import is_disk_full
from workshop.classroom.hub.door import DISK_FULL
from workshop.classroom.hub.plan import HubPlan
from workshop.grading.sandbox.availability import find_containment
from workshop.grading.sandbox.containment import folders_above, mounted, privileges
from workshop.grading.sandbox.visible_files import PACKAGE, interpreter_folders, system_paths

__all__ = ["SeatSpawner", "seat_command"]

ENTER = Path(enter.__file__).resolve()
MEGABYTE = 1024 * 1024
MINUTE = 60
NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent")
START_SECONDS = 120
LOOK_SECONDS = 2
# So many seats start at once; who waits for a turn is shown that the own seat is starting.
AT_ONCE = 6
TURNS = asyncio.Semaphore(AT_ONCE)
LONGEST_TURN_SECONDS = 1_200
POLL_SECONDS = 10
# Lies in memory.
TEMPORARY_MB = 256


class SeatSpawner(LocalProcessSpawner):  # type: ignore[misc] # JupyterHub has no types
    """JupyterHub's spawner for one class."""

    plan = AnyTrait().tag(config=True)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.start_timeout = LONGEST_TURN_SECONDS
        self.http_timeout = START_SECONDS
        self.poll_interval = POLL_SECONDS

    async def start(self) -> tuple[str, int]:
        """Start a learner's seat when it is its turn; return where it listens."""
        async with TURNS:
            place = await self._begin()
            await self._wait_for(place)
        return place

    async def _wait_for(self, place: tuple[str, int]) -> None:
        """Wait until a seat answers, has ended or takes too long; what is wrong JupyterHub finds and says."""
        for _ in range(START_SECONDS // LOOK_SECONDS):
            with contextlib.suppress(TimeoutError):
                await wait_for_server(*place, timeout=LOOK_SECONDS)
                return
            if await super().poll() is not None:
                return

    async def _begin(self) -> tuple[str, int]:
        plan, name = self.plan, self.user.name
        if is_disk_full(plan.seats_folder.parent):
            error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), plan.folder)
            # JupyterHub shows this to who waits for the seat.
            error.jupyterhub_message = DISK_FULL  # type: ignore[attr-defined]
            raise error
        user = await asyncio.to_thread(prepare_seat, plan.course, plan.seats_folder, name)
        position = sorted(each.name for each in plan.seats_folder.iterdir()).index(name)
        self.cmd = seat_command(plan, plan.seat(name), user=user, position=position)
        return await super().start()  # type: ignore[no-any-return]

    async def poll(self) -> int | None:
        """Return None while the seat runs, else its exit code; a seat that takes too much memory is ended."""
        status: int | None = await super().poll()
        if status is None and self.pid and memory_of(self.pid) > self.plan.memory_mb * MEGABYTE:
            self.log.warning(
                "The seat of %s used more than %d MB and ends", self.user.name, self.plan.memory_mb
            )
            for each in processes_of(self.pid):
                with contextlib.suppress(psutil.Error):
                    each.kill()
        return status

    def make_preexec_fn(self, _name: str) -> None:
        """Do nothing between fork and exec: `enter.py` takes the rights away."""

    def user_env(self, env: dict[str, str]) -> dict[str, str]:
        """Add the variables of a learner, who is no user of this machine."""
        seat = self.plan.seat(self.user.name)
        return env | {
            "USER": self.user.name,
            "HOME": str(seat),
            "SHELL": "/bin/sh",
            "WORKSHOP_HOME": str(seat / "home"),
        }


def seat_command(plan: HubPlan, seat: Path, *, user: int | None, position: int) -> list[str]:
    """Return the command of a seat, contained as far as this machine can do it."""
    limits = {
        "folder": str(seat / "course"),
        "user": user,
        "memory_mb": plan.memory_mb,
        "processes": plan.processes,
        "processors": plan.processors,
        "position": position,
    }
    program = [sys.executable, "-Pm", "workshop.classroom.hub.seat", str(plan.idle_minutes * MINUTE)]
    entered = [sys.executable, "-I", "-S", str(ENTER), json.dumps(limits), "--", *program]
    bwrap = find_containment().bwrap
    return [bwrap, *shown(seat), "--", *entered] if bwrap else entered


def shown(seat: Path) -> list[str]:
    """Return bwrap's options: the system, the interpreter and the package to read, the seat to work in."""
    paths = [*system_paths(), *interpreter_folders(), str(PACKAGE)]
    options = [*NAMESPACES, *privileges(), "--proc", "/proc", "--dev", "/dev"]
    size = str(TEMPORARY_MB * MEGABYTE)
    options += ["--size", size, "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108 - inside
    for path in folders_above([*paths, str(seat)]):
        options += ["--perms", "0755", "--dir", path]
    for path in paths:
        options += mounted(path)
    return [*options, "--bind", str(seat), str(seat), "--remount-ro", "/"]


def processes_of(pid: int) -> list[psutil.Process]:
    """Return a process and all below it, none if it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory_of(pid: int) -> int:
    """Return how many bytes a process and all below it have in memory; what they share counts once."""
    total = 0
    for each in processes_of(pid):
        try:
            used = each.memory_full_info()
        except psutil.Error:
            continue
        total += getattr(used, "pss", used.uss)
    return total
