"""The files of this machine that a contained program sees: system and interpreter, never a checkout."""

import sys
import sysconfig
from pathlib import Path

import boto3

import workshop

__all__ = ["PACKAGE", "interpreter_folders", "system_paths"]

PACKAGE = Path(workshop.__file__).resolve().parent
CHECKOUT = PACKAGE.parent
# What a program needs of the system; no home, no service's socket, none of the machine's secrets.
SYSTEM = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime"),
)


def system_paths() -> list[str]:
    """Return the folders and files of the system that exist here."""
    return [path for path in SYSTEM if Path(path).exists()]


def interpreter_folders() -> list[str]:
    """Return the folders of the interpreter and of its installed packages, none inside another.

    A checkout that is on the path stays out: it holds the solutions.
    """
    libraries = Path(boto3.__file__).parent.parent
    folders = {Path(each) for each in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())}
    real = {libraries, libraries.resolve(), *folders, *(folder.resolve() for folder in folders)}
    kept = [folder for folder in real if folder.is_dir() and not _is_hidden(folder)]
    return sorted(
        str(folder)
        for folder in kept
        if not any(folder != other and folder.is_relative_to(other) for other in kept)
    )


def _is_hidden(folder: Path) -> bool:
    # Shown with the system already, or so high that the solutions would be seen.
    return folder.is_relative_to("/usr") or (CHECKOUT / "solutions").is_relative_to(folder)
