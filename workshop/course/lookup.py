"""Finding something of the course by its id, with a word of help where the id is not known."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

from workshop.errors import ConfigurationError

__all__ = ["look_up"]

T = TypeVar("T")


def look_up(kind: str, name: object, known: Mapping[str, T], *, otherwise: str) -> T:
    """Return what `known` has under a name; `kind` says what it is, `otherwise` what to do without it.

    Raises:
        ConfigurationError: nothing has that name; names what has a similar one.
    """
    # A learner may give anything, such as a number or a list.
    text = str(name)
    if text in known:
        return known[text]
    near = difflib.get_close_matches(text, known, n=3, cutoff=0.4)
    there = f"did you mean {' or '.join(f'`{each}`' for each in near)}" if near else "none has a similar name"
    raise ConfigurationError(f"no {kind} is called `{name}`; {there}; {otherwise}")
