"""A solution turned into its starter: what stands between the markers gives way to a place for the learner.

    ### BEGIN SOLUTION [id of the exercise]
    the solution
    ### STARTER
    # what learners find in its place, each line commented out
    ### END SOLUTION

The middle marker and what follows it may be left out. In goes the text of a source file; out comes the text
that learners get, the text without its markers, or the blocks. Files are read and written elsewhere.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from workshop.errors import ConfigurationError

__all__ = [
    "BEGIN",
    "END",
    "STARTER",
    "SolutionBlock",
    "blocks_of",
    "solution_of",
    "starter_of",
    "with_blocks_hidden",
]

BEGIN = "### BEGIN SOLUTION"
STARTER = "### STARTER"
END = "### END SOLUTION"
PLACE = "pass  # your code here"


@dataclass
class SolutionBlock:
    """One pair of markers with what stands between them, beginning at a line of its source."""

    line: int
    exercise: str
    indent: str
    solution: list[str] = field(default_factory=list)
    starter: list[str] | None = None

    @property
    def place(self) -> list[str]:
        """The lines that learners find here."""
        return [f"{self.indent}{PLACE}\n"] if self.starter is None else self.starter

    def take(self, line: str, marker: str | None, *, where: str) -> None:
        """Add the next line, on the side of the middle marker where it stands."""
        if marker == STARTER:
            self.starter = []
        elif self.starter is None:
            self.solution.append(line)
        else:
            self.starter.append(_uncommented(line, self.indent, where))


def starter_of(text: str, name: str) -> str:
    r"""Return a source without its solutions; `name` is for the error message.

    Raises:
        ConfigurationError: a marker has no partner, or a line for learners is not a comment.

    >>> starter_of("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n", "f.py")
    'def f(x):\n    pass  # your code here\n'
    """
    return _joined(text, name, lambda block: block.place)


def solution_of(text: str, name: str) -> str:
    r"""Return a source with its solutions and without the markers and what is for learners.

    Raises:
        ConfigurationError: as with `starter_of`.

    >>> solution_of("### BEGIN SOLUTION\nx = 1\n### STARTER\n# x = 0\n### END SOLUTION\n", "f.py")
    'x = 1\n'
    """
    return _joined(text, name, lambda block: block.solution)


def with_blocks_hidden(text: str, name: str, exercises: Collection[str]) -> str:
    r"""Return a source with the starter in place of the solutions of some exercises; the markers stay.

    Raises:
        ConfigurationError: as with `starter_of`.

    >>> source = "### BEGIN SOLUTION a\nx = 1\n### STARTER\n# x = 0\n### END SOLUTION\n"
    >>> print(with_blocks_hidden(source, "f.py", ["a"]))
    ### BEGIN SOLUTION a
    x = 0
    ### STARTER
    # x = 0
    ### END SOLUTION
    <BLANKLINE>
    """
    return _joined(text, name, lambda block: _marked(block, is_hidden=block.exercise in exercises))


def _marked(block: SolutionBlock, *, is_hidden: bool) -> list[str]:
    """Return a block as it stands in its source, or with what learners find in place of the solution."""
    lines = [f"{block.indent}{BEGIN} {block.exercise}".rstrip() + "\n"]
    lines += block.place if is_hidden else block.solution
    if block.starter is not None:
        lines.append(f"{block.indent}{STARTER}\n")
        lines += [
            f"{block.indent}# {line.removeprefix(block.indent)}" if line.strip() else f"{block.indent}#\n"
            for line in block.starter
        ]
    return [*lines, f"{block.indent}{END}\n"]


def blocks_of(text: str, name: str) -> tuple[SolutionBlock, ...]:
    """Return the marked blocks of a source.

    Raises:
        ConfigurationError: as with `starter_of`.
    """
    return tuple(part for part in _parts(text, name) if isinstance(part, SolutionBlock))


def _joined(text: str, name: str, choose: Callable[[SolutionBlock], list[str]]) -> str:
    parts = _parts(text, name)
    return "".join("".join(choose(part)) if isinstance(part, SolutionBlock) else part for part in parts)


def _parts(text: str, name: str) -> Iterator[SolutionBlock | str]:
    """Yield the lines outside of blocks, and each block."""
    block: SolutionBlock | None = None
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        marker = _marker(line)
        if problem := _problem(marker, block):
            raise _unpaired(name, number, problem)
        if marker == BEGIN:
            indent = line[: len(line) - len(line.lstrip())]
            block = SolutionBlock(number, line.strip().removeprefix(BEGIN).strip(), indent)
        elif block is None:
            yield line
        elif marker == END:
            yield block
            block = None
        else:
            block.take(line, marker, where=f"line {number} of `{name}`")
    if block:
        raise _unpaired(name, block.line, f"no `{END}` follows it")


def _marker(line: str) -> str | None:
    """Return which marker stands in a line, if any; the first one may name an exercise."""
    stripped = line.strip()
    if stripped.startswith(f"{BEGIN} "):
        return BEGIN
    return stripped if stripped in {BEGIN, STARTER, END} else None


def _problem(marker: str | None, block: SolutionBlock | None) -> str | None:
    """Return why a marker may not stand here."""
    if marker == BEGIN and block:
        return f"the one of line {block.line} is still open"
    if marker in {STARTER, END} and not block:
        return f"no `{BEGIN}` stands before it"
    if marker == STARTER and block and block.starter is not None:
        return f"the block of line {block.line} has one already"
    return None


def _uncommented(line: str, indent: str, where: str) -> str:
    if line.startswith(f"{indent}# "):
        return f"{indent}{line.removeprefix(indent)[2:]}"
    if line.rstrip() == f"{indent}#":
        return "\n"
    raise ConfigurationError(
        f"{where} stands between `{STARTER}` and `{END}` and is not behind `# `; "
        "put the signs at the indentation of the markers"
    )


def _unpaired(name: str, line: int, why: str) -> ConfigurationError:
    return ConfigurationError(f"the marker in line {line} of `{name}` has no partner: {why}; pair them")
