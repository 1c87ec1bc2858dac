"""A session of botocore that knows nothing of this machine's user."""

import os
from typing import Any

import botocore.session

__all__ = ["blank_session"]

# The name in a configuration file, the variable, the default, the conversion.
NOWHERE: dict[str, tuple[str | None, str | None, Any, Any]] = {
    "profile": (None, None, None, None),
    "region": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def blank_session() -> botocore.session.Session:
    """Return a session that looks at no profile, no file and no variable that could hold real credentials."""
    return botocore.session.Session(session_vars=NOWHERE)
