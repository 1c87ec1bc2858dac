"""How a learner finds a class and is called there: addresses, join codes and aliases, and which are refused.

Standard library alone; the same on both sides.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = [
    "CODE_ALPHABET",
    "DEFAULT_BOARD_PORT",
    "LONGEST_ALIAS",
    "Invitation",
    "alias_key",
    "checked_alias",
    "checked_code",
    "read_invitation",
]

DEFAULT_BOARD_PORT = 8787
LONGEST_ALIAS = 24
# Without I, O, 0 and 1, which look alike on a projector.
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE = re.compile(f"([{CODE_ALPHABET}]{{3}})-?([{CODE_ALPHABET}]{{3}})")
# Characters that have no face of their own but count as printable, and marks that pile up on a letter.
FACELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
MOST_MARKS_IN_A_ROW = 3
# Alphabets whose letters are taken for each other's: an alias keeps to one of them.
LOOK_ALIKE = ("LATIN", "CYRILLIC", "GREEK")
# Small letters of Cyrillic and Greek, and the Latin ones for which they, or their capitals, are taken.
TAKEN_FOR = (
    ("\u0430\u0432\u0435\u0437\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0443\u0445", "abe3kmhopctyx"),
    ("\u0456\u0458\u0455\u0501\u051b\u051d\u04bb\u04cf\u04af", "ijsdqwhiy"),
    (
        "\u03b1\u03b2\u03b5\u03b6\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c4\u03c5\u03c7",
        "abezhikmnoptyx",
    ),
)
LATIN = {ord(own): latin for pair in TAKEN_FOR for own, latin in zip(*pair, strict=True)}


@dataclass(frozen=True)
class Invitation:
    """Where a board is (`http://192.168.1.5:8787`), and the code that lets learners in."""

    address: str
    code: str

    def __str__(self) -> str:
        return f"{self.address}/join/{self.code}"


def read_invitation(text: str) -> Invitation:
    """Return what a learner typed or scanned: `192.168.1.5:8787/ABC-234`, or the address of the join page.

    Raises:
        ValueError: it is neither; says what one looks like.
    """
    wanted = "an invitation looks like `192.168.1.5:8787/ABC-234`; copy it from the join page of the board"
    typed = text.strip()
    try:
        parts = urlsplit(typed if "://" in typed else f"http://{typed}")
        host, port = parts.hostname, parts.port or DEFAULT_BOARD_PORT
    except ValueError as error:
        raise ValueError(f"`{text}` is no invitation ({error}); {wanted}") from error
    code = parts.path.removeprefix("/join").strip("/")
    if parts.scheme != "http" or not host or not code or parts.query or parts.username:
        raise ValueError(f"`{text}` is no invitation; {wanted}")
    named = f"[{host}]" if ":" in host else host
    return Invitation(f"http://{named}:{port}", checked_code(code))


def checked_code(text: str) -> str:
    """Return a join code as the board shows it, `ABC-234`; case, spaces and the hyphen do not matter.

    Raises:
        ValueError: no board makes such a code.
    """
    found = CODE.fullmatch("".join(text.split()).upper()) if isinstance(text, str) else None
    if found is None:
        raise ValueError(
            "a join code has six letters and digits, such as `ABC-234`; look at the join page again"
        )
    return f"{found[1]}-{found[2]}"


def checked_alias(text: str) -> str:
    """Return an alias in its composed form, without spaces around it.

    Raises:
        ValueError: it is empty, too long, or would not be readable on the board; says why.
    """
    if not isinstance(text, str):
        raise ValueError("an alias is text")  # noqa: TRY004 - whoever reads catches one error
    alias = unicodedata.normalize("NFC", text[: 8 * LONGEST_ALIAS]).strip(" ")
    if not 1 <= len(alias) <= LONGEST_ALIAS or len(text) > 8 * LONGEST_ALIAS:
        raise ValueError(f"an alias has 1 to {LONGEST_ALIAS} characters; choose another one")
    if not alias.isprintable() or FACELESS.search(alias) or "  " in alias:
        raise ValueError(
            "an alias has only characters that can be seen, and single spaces; choose another one"
        )
    # Not `combining`, which knows nothing of enclosing marks and of many in Asian scripts.
    kinds = map(unicodedata.category, unicodedata.normalize("NFD", alias))
    marks = "".join("m" if each in {"Mn", "Me"} else " " for each in kinds)
    if "m" * (MOST_MARKS_IN_A_ROW + 1) in marks or marks.startswith("m"):
        raise ValueError("an alias has no more than three marks on a letter; choose another one")
    if not any(each.isalnum() for each in alias):
        raise ValueError("an alias has a letter or a digit; choose another one")
    names = [unicodedata.name(each, "") for each in unicodedata.normalize("NFKC", alias)]
    if len({script for script in LOOK_ALIKE for name in names if name.startswith(f"{script} ")}) > 1:
        raise ValueError(
            "an alias keeps to one alphabet, so that nobody is taken for another; choose another one"
        )
    return alias


def alias_key(alias: str) -> str:
    """Return what two aliases share that people would take for one: case, width and spaces do not count.

    Nor does it count whether a letter is Latin, or Cyrillic or Greek with a capital that looks like that.
    """
    # Case first, as a capital and its small letter are one; marks apart, as all alphabets share them.
    small = unicodedata.normalize("NFKC", alias).casefold()
    return "".join(unicodedata.normalize("NFKD", small).translate(LATIN).split())
