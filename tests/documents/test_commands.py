"""What the documents and the notebooks' prose tell people to type, tried: it parses, and it runs."""

import ast
import json
import os
import re
import subprocess
import sys

import pytest
import yaml

from tests.cli.conftest import Workshop
from tests.documents.reading import FENCE, ROOT, STANDS_FOR, blocks, commands, names, parse, program, prose

COMMANDS = sorted({words for _, words in commands()})
# Blocks that are looked at: how their text begins.
DRAWINGS = (" stateful    producer", "stateful pipeline\nSent")
# What cannot run here or not again, by how it begins, and why. It is parsed all the same.
NOT_RUN = {
    "pip install": "needs the network",
    "conda env": "needs the network, and conda",
    "py -3": "is for Windows",
    "source ": "is a shell's own",
    "export ": "is a shell's own; the command after it runs with these settings",
    ".venv/bin/pytest": "runs this suite",
    "make ": "sets up a .venv and runs everything; `make -n` knows the target",
    "workshop start": "opens JupyterLab: tests/cli/test_start.py",
    "workshop cloud": "its cloud outlives the command: tests/cloud/test_cloud_command.py",
    "workshop board": "serves until it is stopped: tests/classroom/board/test_command.py",
    "workshop bench": "brings clouds of its own: tests/cli/test_bench.py",
    "workshop hub": "serves until it is stopped: tests/browser/test_hub.py",
    "workshop bundle": "loads packages: tests/kit/test_bundle.py",
    "workshop demo": "brings a cloud of its own: tests/cli/test_demo.py",
    "workshop play": "takes minutes: tests/game/test_end_to_end.py",
    "workshop prove": "takes minutes: tests/proof/test_command.py",
    "workshop check --submission": "needs submissions: tests/grading/test_command.py",
    "workshop check": "tries the learner's files: tests/cli/course/test_check.py",
    "workshop solve": "changes the learner's files: tests/cli/course/test_check.py",
    "workshop reset": "changes the learner's files: tests/cli/course/test_check.py",
    "workshop catch-up": "changes the learner's files: tests/course/test_catch_up.py",
}
# In place of what would take long or never end.
SHORTER = {"produce": ("--messages", "200"), "watch": ("--once",)}
# Nobody can be asked here.
AGREED = {"clear": ("--yes",), "destroy": ("--yes",)}
# A pipeline with the starters cannot be rebuilt, and one that was destroyed can do nothing.
LATE = {"starter": 1, "--all": 3, "destroy": 2}
# These tell with their exit code what they found, and this machine or this pipeline may be what it is.
MAY_FIND_SOMETHING = {"doctor", "reconcile"}


def reason(words: tuple[str, ...]) -> str | None:
    """Return why a command does not run here, None if it does."""
    told = [why for begin, why in NOT_RUN.items() if f"{' '.join(words)} ".startswith(begin)]
    return told[0] if told else None


def test_every_command_that_is_named_exists() -> None:
    """No text speaks of a command that the workshop does not have."""
    assert names() - set(program().commands) == set()


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_line_is_understood(words: tuple[str, ...]) -> None:
    """The command has these arguments and options, and takes these values; a target of make is there."""
    if words[0] == "workshop":
        parse(words)
    if words[0] == "make":
        subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, check=True)
    for word in words[1:]:
        if re.search(r"^\w+/.*\.\w{2,5}$", word):
            assert (ROOT / word).is_file(), word


def test_nothing_is_left_out_without_need() -> None:
    """Each reason for not running a command still applies to one that stands somewhere."""
    lines = [f"{' '.join(words)} " for words in COMMANDS]

    assert [begin for begin in NOT_RUN if not any(line.startswith(begin) for line in lines)] == []


def test_files_that_reasons_name_are_there() -> None:
    """A reason that points to a test points to one that exists."""
    named = [file for why in NOT_RUN.values() for file in re.findall(r"tests/\S+\.py", why)]

    assert [file for file in named if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.file}:{block.text[:24]!r}")
def test_every_block_is_what_it_says(block) -> None:
    """Python, JSON and YAML can be read; a block without a language holds commands alone, or is a drawing."""
    if block.language == "json":
        json.loads(block.text)
    elif block.language in {"yaml", "yml"}:
        yaml.safe_load(block.text)
    elif block.language in {"python", "py"}:
        ast.parse(block.text)
    elif block.language == "mermaid":
        assert re.match(r"(%%\{.*\}%%\n)?(flowchart|sequenceDiagram)", block.text)
    else:
        lines = [line for line in block.text.splitlines() if line.strip()]
        assert len(block.commands) == len(lines) or block.text.startswith(DRAWINGS)


def test_no_fence_stays_open() -> None:
    """Every block that is opened is closed, so that none is overlooked here."""
    assert [file for file, text in prose().items() if "```" in FENCE.sub("", text)] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_command_that_can_run_here_runs(cloud, tmp_path, monkeypatch) -> None:
    """What people are told to type succeeds, on a cloud where the stack of the documents is deployed."""
    assert cloud.endpoint
    workshop = Workshop(cloud.endpoint, str(tmp_path / "home"))
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    monkeypatch.chdir(tmp_path)

    failed = {}
    for words in in_order([each for each in COMMANDS if reason(each) is None]):
        if words[0] == "aws":
            done = run_aws(cloud.endpoint, words)
        else:
            done = workshop.run(*words[1:], *{**SHORTER, **AGREED}.get(words[1], ()))
        allowed = {0, 1} if words[1] in MAY_FIND_SOMETHING else {0}
        if done.returncode not in allowed:
            failed[" ".join(words)] = done.stderr

    assert failed == {}


def in_order(lines: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the lines so that each finds what it needs: first deploy, last destroy."""

    def place(words: tuple[str, ...]) -> int:
        late = [when for word, when in LATE.items() if word in words]
        return late[0] if late else -1 if words[1] == "deploy" else 0

    return sorted(lines, key=place)


def run_aws(endpoint: str, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run a command of the AWS CLI with the settings that README exports."""
    [(_, exported)] = [each for each in commands() if each[1][0] == "export"]
    settings = dict(each.split("=", 1) for each in exported[1:]) | {"AWS_ENDPOINT_URL": endpoint}
    program = [sys.executable, "-m", "awscli", *words[1:]]
    return subprocess.run(program, env=os.environ | settings, capture_output=True, text=True, check=False)


def test_placeholders_stand_for_something() -> None:
    """Each placeholder that is replaced here stands in a document."""
    text = "\n".join(prose().values())

    assert [each for each in STANDS_FOR if each not in text] == []
