"""Lint, types and generated files: a part of the suite, so that they do not keep a core waiting."""

import shutil
import subprocess

import pytest

from tests.test_project import ROOT


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.timeout(900)
def test_lint_types_and_generated_files_are_clean() -> None:
    """`make check` finds nothing."""
    found = subprocess.run(
        ["make", "--silent", "check"], cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert (found.returncode, found.stdout + found.stderr) == (0, "")
