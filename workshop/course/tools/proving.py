"""`workshop prove` for several variants at once, each in a process of its own, told schedule by schedule.

In go variants and a number of schedules, out come reports. A proof has a clock and a cloud that nothing else
may touch, hence the processes. They write into files, which are read while they grow: so nothing has to wait
for one process while another one speaks.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workshop.errors import WorkshopError

if TYPE_CHECKING:
    from workshop.clock import Clock

__all__ = ["FIRST_SEED", "ProofProgress", "prove_variants"]

FIRST_SEED = 1
LOOK_SECONDS = 0.3
TOLD_LINES = 5


@dataclass(frozen=True)
class ProofProgress:
    """How far a proof is: by variant and seed, whether each schedule that has ended was exact.

    The first schedule of a variant that has not ended is the one that runs, while that is `running`.
    """

    schedules: int
    ended: Mapping[str, Mapping[int, bool]]
    running: frozenset[str] = frozenset()


def prove_variants(
    variants: Sequence[str],
    schedules: int,
    *,
    clock: Clock,
    on_progress: Callable[[ProofProgress], None] | None = None,
) -> dict[str, dict[str, Any]]:
    """Prove the finished handlers of each variant; return the reports of `workshop prove --json`.

    Blocks until all have ended. `on_progress` is told of every schedule that ends, in this thread. The
    processes end with this call, however it ends.

    Raises:
        WorkshopError: a process ended without a report.
    """
    tell = on_progress or (lambda _: None)
    with ExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="workshop-proof-", ignore_cleanup_errors=True)
        )
        runs = {
            variant: stack.enter_context(_run(variant, schedules, Path(folder) / variant))
            for variant in variants
        }
        while True:
            # Asked before the files are read: what a process wrote before its end is told as well.
            running = frozenset(variant for variant, run in runs.items() if run.is_running())
            tell(ProofProgress(schedules, {variant: run.ended() for variant, run in runs.items()}, running))
            if not running:
                return {variant: run.report() for variant, run in runs.items()}
            clock.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class _Run:
    """The proof of one variant, and the files into which it writes."""

    variant: str
    process: subprocess.Popen[bytes]
    out: Path
    told: Path

    def is_running(self) -> bool:
        return self.process.poll() is None

    def ended(self) -> dict[int, bool]:
        """Return the schedules that have ended; a line that is not whole yet is left out."""
        return dict(_schedules(self.told.read_text(encoding="utf-8", errors="replace")))

    def report(self) -> dict[str, Any]:
        try:
            report: dict[str, Any] = json.loads(self.out.read_text(encoding="utf-8"))
        except ValueError as error:
            said = self.told.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise WorkshopError(
                f"`workshop prove --variant {self.variant}` ended with exit code "
                f"{self.process.returncode} and no report; run it in a terminal to see why. "
                f"Its last words: {' '.join(said[-TOLD_LINES:]) or 'none'}"
            ) from error
        return report


@contextmanager
def _run(variant: str, schedules: int, files: Path) -> Iterator[_Run]:
    command = [sys.executable, "-m", "workshop", "prove", "--json", "--progress-json", "--jobs", "1"]
    command += ["--seed", str(FIRST_SEED), "--schedules", str(schedules), "--variant", variant]
    out, told = files.with_suffix(".json"), files.with_suffix(".lines")
    with (
        out.open("wb") as stdout,
        told.open("wb") as stderr,
        subprocess.Popen(command, stdout=stdout, stderr=stderr, stdin=subprocess.DEVNULL) as process,
    ):
        try:
            yield _Run(variant, process, out, told)
        finally:
            process.kill()


def _schedules(lines: str) -> Iterator[tuple[int, bool]]:
    for line in lines.split("\n")[:-1]:
        try:
            document = json.loads(line)
            yield int(document["seed"]), bool(document["exact"])
        except (ValueError, KeyError, TypeError):
            continue  # a warning of Python's, for example
