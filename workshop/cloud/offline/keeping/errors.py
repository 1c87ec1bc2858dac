"""What can be wrong with the file in which the state of an offline cloud is kept."""

import errno
import sqlite3

__all__ = [
    "InUseError",
    "KeepingError",
    "OtherVersionError",
    "UnavailableError",
    "UnreadableStateError",
    "remedy_of",
    "told",
]

# Errors that say what is in the file; all others say that it could not be looked at, or not written.
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
REMEDIES = {
    **dict.fromkeys((sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR), ", so free some space"),
    **dict.fromkeys(
        (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN), ", so let it be written"
    ),
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED), ", so end what holds it"),
}
# The disk is full, or the user's share of it, or what one file may hold.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class KeepingError(Exception):
    """What changes cannot be kept now."""


class InUseError(Exception):
    """Another process has the file open."""


class UnreadableStateError(Exception):
    """The file holds nothing that this version of the workshop can read."""


class OtherVersionError(UnreadableStateError):
    """Another version of the workshop, or of moto, has written the file."""


class UnavailableError(Exception):
    """The file cannot be opened now, whatever is in it: the disk is full, or it may not be written."""


def told(error: Exception) -> Exception:
    """Return what an error of SQLite's or of the system says about the file."""
    is_damaged = getattr(error, "sqlite_errorcode", None) in DAMAGED
    return UnreadableStateError(str(error)) if is_damaged else UnavailableError(str(error))


def remedy_of(error: Exception) -> str:
    """Return what the user can do so that the file can be written again, as the end of a sentence."""
    if isinstance(error, OSError):
        is_full = error.errno in FULL
        return REMEDIES[sqlite3.SQLITE_FULL if is_full else sqlite3.SQLITE_READONLY]
    if not isinstance(error, sqlite3.Error):
        return "; stop the cloud and start it again, without the last change"
    # The rest of the code says what exactly was tried.
    return REMEDIES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, "")
