"""The content version of a notebook: what it was built from, so that nobody learns with a mismatched one.

It names the version of the package and a digest of the notebook's source. A notebook carries it in its
metadata, under `workshop.content`; the checkout says what it would be today.
"""

import hashlib
from pathlib import Path

from workshop import __version__

__all__ = ["content_version", "current_content"]


def content_version(text: str) -> str:
    """Return the content version of a notebook that is built from this source now."""
    digest = hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()
    return f"{__version__}+{digest[:8]}"


def current_content(root: Path, source: str) -> str | None:
    """Return the content version that a notebook of this source has today, None if the source is not here.

    `source` is what the notebook's metadata say under `workshop.source`.
    """
    path = root / source
    return content_version(path.read_bytes().decode()) if path.is_file() else None
