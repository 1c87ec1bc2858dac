"""The environment variables of all processes of a submission; none comes from the user's shell."""

import os
from pathlib import Path

__all__ = ["scrubbed"]

# What an interpreter needs to start on some machines: Windows' own folders, a Python with shared libraries.
MACHINE_NAMES = ("SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
PATH = "/usr/local/bin:/usr/bin:/bin"


def scrubbed(home: Path, *, temporary: Path | None = None) -> dict[str, str]:
    """Return variables for a process whose home is `home`, without the user's keys, tokens and settings."""
    kept = {name: os.environ[name] for name in MACHINE_NAMES if name in os.environ}
    windows = Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32"
    folder = str(temporary or home)
    return {
        **kept,
        **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder),
        **dict.fromkeys(("HOME", "USERPROFILE"), str(home)),
        "PATH": str(windows) if os.name == "nt" else PATH,
        "WORKSHOP_HOME": str(home / ".workshop"),
        # boto3 is to find no credentials of the machine: neither those of its role nor those in its files.
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }
