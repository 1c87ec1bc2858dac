"""Joining a class with what its board shows."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from workshop.classroom.invitation import Invitation, checked_alias, checked_code, read_invitation
from workshop.classroom.learner.calls import ANOTHER, CLOSED_CLASS, call
from workshop.classroom.learner.delivery import deliver_briefly
from workshop.classroom.learner.leaving import class_at, drop_left, forget_left
from workshop.classroom.learner.membership import Membership, keep_membership, own_token, read_membership
from workshop.classroom.learner.outbox import Outbox
from workshop.classroom.learner.recording import counted_once, happenings_of
from workshop.course.progress import CourseProgress
from workshop.errors import BoardError, ConfigurationError
from workshop.pipeline.front_end import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["join_class"]

WRONG_CODE = 403
TAKEN = 409
WRONG_FORM = 400
TOO_MANY = 429
LONGEST_NAME = 200


def join_class(
    home: Path, invitation: str, alias: str | None = None, *, tell: Callable[[str], object] | None = None
) -> Membership:
    """Join a class, or again under another alias or at another address; what was done before is reported too.

    `invitation` is the address on the board's join page, with its code; the code alone is enough for who is
    in a class already. Blocks until the board has answered, some seconds at most. Whoever comes from another
    class reports the last things there first; `tell` is called with a sentence if they do not arrive.

    Raises:
        ConfigurationError: the invitation or the alias has another form.
        BoardError: nobody answers there, the code is not this class's, or the alias is taken.
    """
    known = read_membership(home)
    place, chosen = _read(invitation, known), alias or (known.alias if known else None)
    if chosen is None:
        raise ConfigurationError(
            "the class needs a name to show for you, and any will do\n"
            'Add one: `--alias Ada` in a terminal, `alias="Ada"` in a notebook.'
        )
    try:
        chosen = checked_alias(chosen)
    except ValueError as error:
        raise ConfigurationError(f"the alias was not sent: {error}") from error
    class_id = class_at(place.address)
    forget_left(home, (class_id, place.address))
    token = known.token if known and known.class_id == class_id else own_token(home, class_id)
    answer = _asked(place, chosen, token)
    membership = _membership(place, answer)
    if known is not None and known.class_id != class_id:
        _take_leave(home, known, tell or (lambda _: None))
    keep_membership(home, membership)
    drop_left(home)
    if known is None or known.key != membership.key:
        _bring_along(home, membership, is_known=bool(answer.get("accepted")))
    deliver_briefly(home, ask=True)
    return membership


def _take_leave(home: Path, known: Membership, tell: Callable[[str], object]) -> None:
    """Send to the class of before what it has not heard; what does not arrive stays in the outbox."""
    deliver_briefly(home)
    with contextlib.suppress(sqlite3.Error, OSError):
        if waiting := Outbox(home, known.key).waiting:
            reports = "1 report has" if waiting == 1 else f"{waiting:,} reports have"
            tell(
                f"{reports} not arrived at the board of your class before, {known.address}, which shows "
                "you as it heard of you last. Joining that class again brings them there."
            )


def _bring_along(home: Path, membership: Membership, *, is_known: bool) -> None:
    """Report what was done before; where some of it was reported, or is to be, only what counts once.

    A board to which a learner `is_known` has heard of them, whatever was lost here since.
    """
    outbox = Outbox(home, membership.key)
    done = happenings_of(CourseProgress(home).entries())
    outbox.add(counted_once(done) if is_known or outbox.heard_at or outbox.waiting else done)


def _read(text: str, known: Membership | None) -> Invitation:
    """Return what was typed or scanned: an address with a code, or a code alone for the board of before."""
    with contextlib.suppress(ValueError):
        code = checked_code(text)
        if known is not None:
            return Invitation(known.address, code)
        raise ConfigurationError(
            f"the code {code} alone does not say where the board is\n"
            f"Put the address of the join page before it, such as `192.168.1.5:8787/{code}`."
        )
    parts = urlsplit(text.strip())
    codes = parse_qs(parts.query).get("code")
    try:
        return read_invitation(f"{parts.scheme}://{parts.netloc}/{codes[0]}" if codes else text)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error


def _asked(place: Invitation, alias: str, token: str) -> dict[str, Any]:
    body = json.dumps({"code": place.code, "alias": alias}).encode()
    try:
        return call(place.address, "POST", "join", token=token, body=body)
    except BoardError as error:
        ways_on = {
            WRONG_FORM: "Choose another alias.",
            WRONG_CODE: "Codes change: copy the one that the join page shows now.",
            TAKEN: "Join again with another alias.",
            CLOSED_CLASS: "Tell whoever leads the class, and then join again.",
            TOO_MANY: f"Wait {error.wait_seconds or 60:.0f} seconds, and then join again.",
        }
        if error.status not in ways_on:
            raise
        why = str(error).rstrip(".")
        message = f"{place.address} did not let you in: {why}\n{ways_on[error.status]}"
        raise BoardError(message, status=error.status, wait_seconds=error.wait_seconds) from error


def _membership(place: Invitation, answer: dict[str, Any]) -> Membership:
    texts = [answer.get(name) for name in ("learner", "token", "alias", "class_id")]
    seed = answer.get("seed")
    try:
        if not all(isinstance(each, str | int) and each for each in texts) or not isinstance(seed, int):
            raise ValueError("something is missing")  # noqa: TRY301 - as what has another form
        learner, token, alias, class_id = map(str, texts)
        # What is shown from now on has a form in which it does nothing to a terminal.
        alias, class_name = checked_alias(alias), printable(str(answer.get("class", "")))[:LONGEST_NAME]
    except ValueError as error:
        raise BoardError(ANOTHER.format(f"what answers at {place.address}")) from error
    return Membership(place.address, learner, token, alias, seed, class_name, class_id)
