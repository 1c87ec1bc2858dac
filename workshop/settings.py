"""Where things are: the workshop's private folder, its project root, its endpoint.

One rule for all: an explicit argument beats the environment, the environment beats the default.
"""

import json
import os
from pathlib import Path

from workshop.errors import ConfigurationError, reason

__all__ = [
    "ACCOUNT_ID",
    "CLASS_FILE",
    "DEFAULT_ENDPOINT",
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "DEFAULT_REGION",
    "DEFAULT_STREAM_MEMORY_MB",
    "PREFIX_VARIABLE",
    "RELEASED",
    "SOLUTIONS",
    "STARTERS",
    "class_seed",
    "cloud_kind",
    "has_solutions",
    "home_folder",
    "own_prefix",
    "project_root",
    "released_folders",
    "stream_memory_mb",
]

ACCOUNT_ID = "123456789012"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 4566
DEFAULT_ENDPOINT = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
DEFAULT_REGION = "us-east-1"
DEFAULT_STREAM_MEMORY_MB = 16
PREFIX_VARIABLE = "WORKSHOP_STACK"
CLOUDS = ("offline", "aws")
SOLUTIONS = "solutions"
# What is compared with a learner's files while the solutions are held back: the handlers as they were.
STARTERS = "starters"
# In the home: the class that was joined, and the solutions that its board has released, by notebook.
CLASS_FILE = "class.json"
RELEASED = "released"


def project_root() -> Path:
    """Return the folder that holds `notebooks/` and `cloudformation/`.

    Looked for above the working directory first, then above this file.

    Raises:
        ConfigurationError: neither place lies in a checkout.
    """
    root = _checkout_above(Path.cwd()) or _checkout_above(Path(__file__).resolve().parent)
    if root is None:
        raise ConfigurationError(
            f"no folder above `{Path.cwd()}` holds `notebooks/` and `cloudformation/`; "
            "run the command inside a checkout of the workshop"
        )
    return root


def has_solutions(root: Path) -> bool:
    """Return whether a course has its solutions; a kit may have `starters/` in their place."""
    return (root / SOLUTIONS).is_dir() or not (root / STARTERS).is_dir()


def class_seed(home: Path) -> int:
    """Return what is added to the seeds of made-up messages: a class gives each learner a number, else 0."""
    try:
        seed = json.loads((home / CLASS_FILE).read_text(encoding="utf-8"))["seed"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return seed if isinstance(seed, int) else 0


def released_folders() -> tuple[Path, ...]:
    """Return the folders with what a class board has released, one for each notebook, named by its number."""
    return tuple(sorted(home_folder().joinpath(RELEASED).glob("[0-9][0-9]")))


def home_folder() -> Path:
    """Return the private folder for pid files, logs and progress; it exists afterwards.

    `WORKSHOP_HOME`, else `.workshop/` in the checkout above the working directory, else the user's own. A
    relative path begins at that checkout, if there is one: notebooks and terminals work in other folders.

    Raises:
        ConfigurationError: it cannot be made, or is no folder.
    """
    chosen, root = os.environ.get("WORKSHOP_HOME"), _checkout_above(Path.cwd())
    if chosen:
        folder = Path(chosen)
    elif root:
        folder = root / ".workshop"
    else:
        # Not above: `workshop doctor` looks for this folder before any package is installed.
        import platformdirs  # noqa: PLC0415

        folder = platformdirs.user_data_path("trade-risk-workshop", appauthor=False)
    try:
        # Not relative: other processes that are told of it have other working directories.
        folder = (root or Path.cwd()) / folder.expanduser()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: `~name` of nobody
        named = "`WORKSHOP_HOME` names it" if chosen else "nothing else was named"
        raise ConfigurationError(
            f"`{folder}` cannot be the workshop's private folder ({named}): {reason(error)}; "
            "name a folder that you may write to in the variable `WORKSHOP_HOME`"
        ) from error
    return folder


def own_prefix() -> str | None:
    """Return how the names of a learner's stacks begin in an account that several share: `WORKSHOP_STACK`."""
    return os.environ.get(PREFIX_VARIABLE) or None


def cloud_kind(explicit: str | None = None) -> str:
    """Return `offline` or `aws`: the argument, else `WORKSHOP_CLOUD`, else `offline`.

    Raises:
        ConfigurationError: another word was given.
    """
    kind = explicit or os.environ.get("WORKSHOP_CLOUD") or CLOUDS[0]
    if kind not in CLOUDS:
        raise ConfigurationError(f"`{kind}` is not a cloud; choose one of: {', '.join(CLOUDS)}")
    return kind


def stream_memory_mb(explicit: int | None = None) -> int:
    """Return how many MB of records the streams of an offline cloud may have in memory.

    The argument, else `WORKSHOP_STREAM_MEMORY_MB`, else 16.

    Raises:
        ConfigurationError: it is no whole number from 1.
    """
    named = "the option `--stream-memory-mb`"
    given = "" if explicit is None else str(explicit)
    if not given:
        named, given = (
            "the variable `WORKSHOP_STREAM_MEMORY_MB`",
            os.environ.get("WORKSHOP_STREAM_MEMORY_MB", ""),
        )
    if not given:
        return DEFAULT_STREAM_MEMORY_MB
    if not given.isascii() or not given.isdecimal() or int(given) < 1:
        raise ConfigurationError(
            f"`{given}` is no limit for the records in memory ({named} has it); "
            f"give whole megabytes from 1, such as {DEFAULT_STREAM_MEMORY_MB}"
        )
    return int(given)


def _checkout_above(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and (folder / "cloudformation").is_dir():
            return folder
    return None
