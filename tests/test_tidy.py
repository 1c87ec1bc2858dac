"""Lint, types and generated files: a part of the suite, so that they do not keep a core waiting."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_project import ROOT

COMMANDS = {
    "format": "ruff format --check --quiet .",
    "lint": "ruff check --quiet .",
    "types": "mypy --no-error-summary",
    "generated": "workshop build --check",
}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_check_finds_nothing(command: str) -> None:
    """What `make check` runs has nothing to say, with the environment that the suite runs in."""
    name, *arguments = command.split()
    program = Path(sys.executable).with_name(name)

    found = subprocess.run([program, *arguments], cwd=ROOT, check=False, capture_output=True, text=True)

    assert (found.returncode, found.stdout + found.stderr) == (0, "")


def test_the_same_is_checked_by_make() -> None:
    """`make check` runs each of these commands, and nothing else."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ncheck:")[2].partition("\n\n")[0]

    commands = [each.strip() for line in recipe.splitlines()[1:] for each in line.split("&&")]

    assert [each.removeprefix("@").removeprefix("$(VENV)/") for each in commands] == list(COMMANDS.values())
