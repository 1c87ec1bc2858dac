"""A solution turned into its starter: what stands between the markers gives way to a place for the learner.

In goes the text of a source file, out comes the text that learners get. Files are read and written elsewhere.
"""

from workshop.errors import ConfigurationError

__all__ = ["BEGIN", "END", "starter_of"]

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
PLACE = "...  # your code here"


def starter_of(text: str, name: str) -> str:
    r"""Return a source without its solutions; `name` is for the error message.

    Raises:
        ConfigurationError: a marker has no partner.

    >>> starter_of("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n", "f.py")
    'def f(x):\n    ...  # your code here\n'
    """
    kept: list[str] = []
    opened_at = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        marker = line.strip()
        if marker == BEGIN:
            if opened_at:
                raise _unpaired(name, number, f"the one of line {opened_at} is still open")
            opened_at = number
            indent = line[: len(line) - len(line.lstrip())]
            kept.append(f"{indent}{PLACE}\n")
        elif marker == END:
            if not opened_at:
                raise _unpaired(name, number, f"no `{BEGIN}` stands before it")
            opened_at = 0
        elif not opened_at:
            kept.append(line)
    if opened_at:
        raise _unpaired(name, opened_at, f"no `{END}` follows it")
    return "".join(kept)


def _unpaired(name: str, line: int, why: str) -> ConfigurationError:
    return ConfigurationError(f"the marker in line {line} of `{name}` has no partner: {why}; pair them")
