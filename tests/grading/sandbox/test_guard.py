"""Who runs the tests that could harm a machine."""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_hostile_programs_do_not_run_unasked() -> None:
    """Hostile cells and handlers are skipped without WORKSHOP_HOSTILE_TESTS=1, and the reason names it."""
    environment = {name: text for name, text in os.environ.items() if name != "WORKSHOP_HOSTILE_TESTS"}
    files = sorted(str(path) for path in HERE.glob("test_hostile_*.py"))

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *files],
        env=environment,
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert re.fullmatch(r"[1-9]\d* skipped in .*", done.stdout.splitlines()[-1]), done.stdout
    assert "WORKSHOP_HOSTILE_TESTS=1" in done.stdout
