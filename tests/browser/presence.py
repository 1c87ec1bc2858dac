"""Whether JupyterLab can be looked at in a browser on this machine."""

import shutil
from importlib.util import find_spec

__all__ = ["chromium_path", "what_is_missing"]


def chromium_path() -> str | None:
    """Return the browser on the path."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


def what_is_missing() -> str | None:
    """Return the line that installs what the browser's tests lack, or None."""
    if not find_spec("playwright"):
        return "playwright is not installed: .venv/bin/pip install playwright"
    if not chromium_path():
        return "Chromium is not installed: sudo apt install chromium"
    return None
