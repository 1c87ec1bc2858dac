"""What keeps a cloud safe from functions that nobody has read: a token, and a program that confines them."""

from dataclasses import dataclass

__all__ = ["NO_GUARD", "Guard"]


@dataclass(frozen=True)
class Guard:
    """With a `token`, the control changes nothing without it; `launcher` stands before each command."""

    token: str | None = None
    launcher: tuple[str, ...] = ()


NO_GUARD = Guard()
