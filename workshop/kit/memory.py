"""How much memory is free, asked from the operating system without any package."""

import ctypes
import os
import re
import sys
from pathlib import Path

__all__ = ["free_memory_bytes"]


def free_memory_bytes() -> int | None:
    """Return how much memory programs can still have; None where the system does not tell."""
    if sys.platform == "win32":
        return _free_on_windows()
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return _physical()
    found = re.search(r"^MemAvailable:\s+(\d+) kB", told, re.MULTILINE)
    return int(found[1]) * 1024 if found else _physical()


def _physical() -> int | None:
    """Return all of the memory: macOS does not tell what of it is free, since it fills and empties it."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _free_on_windows() -> int | None:
    class _Status(ctypes.Structure):
        """MEMORYSTATUSEX: https://learn.microsoft.com/windows/win32/api/sysinfoapi."""

        _fields_ = (
            ("length", ctypes.c_uint32),
            ("load_percent", ctypes.c_uint32),
            ("physical", ctypes.c_uint64),
            ("free_physical", ctypes.c_uint64),
            ("page_file", ctypes.c_uint64 * 5),
        )

    status = _Status(length=ctypes.sizeof(_Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # type: ignore[attr-defined]
        return None
    return int(status.free_physical)
