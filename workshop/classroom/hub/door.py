"""Lets people in: with the class's code and a password of their own, later with the password alone."""

import hashlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError
from traitlets import Any as AnyTrait

from workshop.classroom.board.limits import RequestLimits
from workshop.classroom.hub.course import archive_seat
from workshop.classroom.hub.disk import is_disk_full
from workshop.classroom.hub.plan import INSTRUCTOR, NAME
from workshop.classroom.invitation import checked_code
from workshop.clock import Clock, SystemClock

__all__ = ["DISK_FULL", "FULL", "SHORTEST_PASSWORD", "Door", "Keys", "first_page"]

SHORTEST_PASSWORD = 6
LONGEST_PASSWORD = 200
# What the page to sign in shows instead of "that did not fit".
FULL = "All seats of this class are taken. Tell your instructor, who can make room for you."
DISK_FULL = (
    "The disk of the hub's machine is full. Tell your instructor; what you have saved is there as soon as "
    "there is room again."
)
GUESSED = "Too many wrong passwords or codes were tried from where you are. Wait {} seconds, then try again."
MANY_NAMES = "Many new names came from where you are. Wait {} seconds, then try again."


class Keys:
    """The passwords of a class as they stand in one file, as scrypt digests."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[str]] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def __len__(self) -> int:
        return len(self._known)

    def fits(self, name: str, password: str) -> bool:
        """Return whether this is the password that the name chose."""
        salt, digest = self._known[name]
        return secrets.compare_digest(digest, _digest(password, salt))

    def keep(self, name: str, password: str) -> None:
        """Take a name's password for good."""
        salt = secrets.token_hex(16)
        self._known[name] = [salt, _digest(password, salt)]
        self._write()

    def forget(self, name: str) -> None:
        """Let a name choose its password anew, with the class's code."""
        if self._known.pop(name, None):
            self._write()

    def _write(self) -> None:
        new = self._path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self._known, file)
        new.replace(self._path)


class Door(Authenticator):  # type: ignore[misc] # JupyterHub has no types
    """JupyterHub's authenticator for one class."""

    plan = AnyTrait().tag(config=True)

    def __init__(self, *, clock: Clock | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self._limits = RequestLimits(clock or SystemClock())
        self._came_from: dict[str, str] = {}

    async def authenticate(self, handler: Any, data: dict[str, str]) -> str | None:
        """Return the name of whoever may come in, None if the words do not fit.

        Who guesses has to wait, with the name they try at the address where they are; many guesses from
        many addresses keep a name waiting too, but not at the address from which its learner came last.

        Raises:
            HTTPError: they have to wait, or there is no seat for them; the page to sign in says which.
        """
        name = data.get("username", "").strip().lower()
        password = data.get("password", "")
        if not NAME.fullmatch(name) or not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            return None
        if is_disk_full(Path(self.plan.folder)):
            raise HTTPError(503, DISK_FULL)
        if name == INSTRUCTOR:
            # Made by the command, or as long as that: nobody guesses it, and there is nothing to wait for.
            is_right = secrets.compare_digest(password.encode(), self.plan.instructor_password.encode())
            return name if is_right else None
        keys, address = self._keys(), _address(handler.request)
        is_new = name not in keys
        buckets = [("guess", address)] if is_new else self._buckets(name, address)
        if wait := max(self._limits.wait_for(*each) for each in buckets):
            raise HTTPError(429, GUESSED.format(wait))
        if not (_same_code(data.get("code", ""), self.plan.code) if is_new else keys.fits(name, password)):
            for each in buckets:
                self._limits.take(*each)
            return None
        if is_new:
            self._give_seat(keys, name, password, address)
        self._came_from[name] = address
        return name

    def delete_user(self, user: Any) -> None:
        """Forget the password of somebody who is removed, and keep their folder from newcomers."""
        # In this order: where the folder cannot be moved, nobody new gets it with the name.
        archive_seat(self.plan.seats_folder, user.name)
        self._keys().forget(user.name)

    def _buckets(self, name: str, address: str) -> list[tuple[str, str]]:
        """Return what a wrong password is counted for."""
        here = ("password", f"{name} {address}")
        return [here] if self._came_from.get(name) == address else [here, ("name", name)]

    def _keys(self) -> Keys:
        """Return the passwords as they are now: `workshop hub --new-password` may have changed them."""
        return Keys(self.plan.passwords)

    def _give_seat(self, keys: Keys, name: str, password: str, address: str) -> None:
        """Take a new name for good; who gets no seat is told why, and has guessed nothing."""
        if len(keys) >= self.plan.seats:
            raise HTTPError(403, FULL)
        if not self.plan.is_behind_proxy and (wait := self._limits.take("sign-up", address)):
            raise HTTPError(429, MANY_NAMES.format(wait))
        keys.keep(name, password)


def first_page(handler: Any) -> str:
    """Return where somebody comes who has signed in: the instructor to the class, others to their seat."""
    user = handler.current_user
    return f"{handler.hub.base_url}admin" if user and user.admin else ""


def _address(request: Any) -> str:
    """Return where a request came from, as JupyterHub's proxy appended it.

    Not `remote_ip`: for that tornado believes an `X-Real-Ip`, which the proxy lets through from anybody.
    """
    return str(request.headers.get("X-Forwarded-For", "")).rpartition(",")[2].strip()


def _same_code(typed: str, wanted: str) -> bool:
    try:
        return secrets.compare_digest(checked_code(typed), wanted)
    except ValueError:
        return False


def _digest(password: str, salt: str) -> str:
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
