"""Installs the course from the kit that this file lies in; needs Python alone, and no network.

python3 install.py [--to FOLDER]
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Optional

MINIMUM = (3, 11)
KIT = Path(__file__).resolve().parent


def main() -> int:
    """Copy the course, and install what it needs from the kit's wheels; return the exit code."""
    if sys.version_info < MINIMUM:
        running = "{}.{}".format(*sys.version_info[:2])
        return complain(
            "Python " + running + " is too old; install Python 3.11 or newer, and run this with it"
        )
    parser = argparse.ArgumentParser(description="Install the trade-risk workshop, without a network.")
    home = Path.home() / "trade-risk-workshop"
    parser.add_argument("--to", type=Path, default=home, help="folder for the course (default: %(default)s)")
    folder = parser.parse_args().to.absolute()
    print("Looking at the kit ...", flush=True)
    trouble = look()
    if trouble:
        return complain(trouble)
    if (folder / "pyproject.toml").exists():
        print(f"{folder} is there; its files stay as they are.", flush=True)
    elif folder.is_dir() and any(folder.iterdir()):
        return complain(f"{folder} holds something else; name another folder with --to")
    else:
        shutil.copytree(KIT / "course", folder, dirs_exist_ok=True)
    bootstrap = folder / "workshop" / "bootstrap.py"
    done = subprocess.run([sys.executable, "-I", str(bootstrap), "--kit", str(KIT)], check=False)
    if done.returncode == 0:
        program = Path(".venv", "Scripts" if os.name == "nt" else "bin", "workshop")
        print(f'The course is in {folder}. Start it:\n\n    cd "{folder}"\n    {program} start')
    return done.returncode


def look() -> Optional[str]:
    """Return what is wrong with the files that this machine needs, None if nothing is."""
    sys.dont_write_bytecode = True  # the kit may lie on something that cannot be written to
    sys.path.insert(0, str(KIT / "course"))
    from workshop.kit.installation import trouble_with_kit  # noqa: PLC0415 - needs a newer Python

    return trouble_with_kit(KIT, mine_alone=True)


def complain(message: str) -> int:
    """Print one clear line and return the exit code for wrong configuration."""
    print("Error: " + message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
