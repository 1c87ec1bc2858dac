"""What the documents tell people to type: blocks and commands in Markdown and in the notebooks' prose."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer

from workshop.cli import app

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`((?:workshop|make) [^`]+)`(?!`)")
PROGRAMS = {"workshop", "make", ".venv/bin/pytest", "pip", "conda", "py", "source", "export", "aws"}
# Placeholders in the documents, and what they stand for here.
STANDS_FOR = {"STACK": "trade-risk-stateful", "course-stateful": "trade-risk-stateful", "…": "ledger"}


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language (often none), and its lines."""

    file: str
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """The lines that start a program, without their comments."""
        lines = [re.sub(r"\s+# .*", "", line).strip() for line in self.text.splitlines()]
        return [line for line in lines if line.split(" ")[0] in PROGRAMS]


@cache
def prose() -> dict[str, str]:
    """Return the text of every document, and of the notebooks without their code, by file."""
    files = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}
    for path in sorted((ROOT / "solutions" / "notebooks").glob("*.py")):
        cells = re.split(r"^# %%(?: |$)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        text = "\n".join(cell.partition("\n")[2] for cell in cells if cell.startswith("[markdown]"))
        texts[path.relative_to(ROOT).as_posix()] = re.sub(r"^# ?", "", text, flags=re.MULTILINE)
    return texts


def blocks() -> list[Block]:
    """Return every fenced block."""
    return [Block(file, *found) for file, text in prose().items() for found in FENCE.findall(text)]


def commands() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every command line with its file, in blocks and in text, with something in place of placeholders.

    `[…]` around options gives two.
    """
    told = [(block.file, line) for block in blocks() for line in block.commands]
    for file, text in prose().items():
        found = [" ".join(line.split()) for line in INLINE.findall(FENCE.sub("", text))]
        told += [(file, line) for line in found if not is_name_alone(line.split())]
    for file, line in told:
        for variant in {re.sub(r" \[[^]]*\]", "", line), re.sub(r"[][]", "", line)}:
            words = shlex.split(variant.replace("\\", "/"))
            yield file, tuple(STANDS_FOR.get(word, word) for word in words)


def is_name_alone(words: list[str]) -> bool:
    """Tell whether text names a command that takes arguments (`workshop clear`) and gives none."""
    if words[0] != "workshop" or len(words) > 2:
        return False
    command = program().commands[words[1]]
    return hasattr(command, "commands") or any(each.required for each in command.params)


@cache
def program() -> Any:
    """Return the `workshop` command as typer made it: a group of commands."""
    return typer.main.get_command(app.command_line())


def parse(words: tuple[str, ...]) -> None:
    """Let typer read a command line of `workshop`, without running it."""
    command = program()
    while hasattr(command, "commands"):
        words = words[1:]
        assert words, "a group needs a command"
        assert words[0] in command.commands, f"there is no command `{words[0]}`"
        command = command.commands[words[0]]
    command.make_context(words[0], list(words[1:]))


def names() -> set[str]:
    """Return every command that is named, with or without arguments."""
    text = "\n".join(prose().values())
    return set(re.findall(r"`workshop ([a-z][a-z-]*)", text)) | {
        words[1] for _, words in commands() if words[0] == "workshop"
    }
