"""Values as bytes with a checksum, and back.

Packed values hold plain data, and instances of classes wherever they come from. A file that names what runs
programs or code is refused, which guards against a foreign one that was put in the place of ours by mistake;
it is no sandbox.
"""

import io
import pickle
import zlib
from types import BuiltinFunctionType, FunctionType
from typing import Any

__all__ = [
    "DamagedError",
    "RestrictedPickler",
    "RestrictedUnpickler",
    "pack",
    "sealed",
    "unpack",
    "unpickled",
    "unsealed",
]

CHECKSUM_BYTES = 4
# What these have to offer runs something, or leads to what does.
RUNNING = frozenset(
    (
        "code",
        "ctypes",
        "functools",
        "importlib",
        "multiprocessing",
        "nt",
        "operator",
        "os",
        "posix",
        "pty",
        "runpy",
        "shutil",
        "socket",
        "subprocess",
        "sys",
        "types",
    )
)
# What is not taken apart, but named.
NAMED = (type, FunctionType, BuiltinFunctionType)


class DamagedError(Exception):
    """What was kept is not what was written."""


class RestrictedUnpickler(pickle.Unpickler):
    """Finds no function of Python's own, and nothing that runs something."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what is named; raises DamagedError for what no state holds."""
        found = None if _runs_something(module) else super().find_class(module, name)
        if found is None or _is_forbidden(module, found):
            raise DamagedError(f"it names `{module}.{name}`, which no state of an offline cloud holds")
        return found


class RestrictedPickler(pickle.Pickler):
    """Writes nothing that `RestrictedUnpickler` would refuse."""

    def reducer_override(self, found: Any) -> Any:
        """Leave everything as it is; raises PicklingError for what no state holds."""
        if isinstance(found, NAMED) and _is_forbidden(found.__module__, found):
            raise pickle.PicklingError(f"no state of an offline cloud holds `{found.__qualname__}`")
        return NotImplemented


def _runs_something(module: str | None) -> bool:
    # Half of these are written in C, under the same name with an underscore.
    return (module or "").partition(".")[0].removeprefix("_") in RUNNING


def _is_forbidden(module: str | None, found: Any) -> bool:
    return _runs_something(module) or (module == "builtins" and not isinstance(found, type))


def pack(value: Any) -> bytes:
    """Return a value as bytes."""
    return sealed(pickle.dumps(value, protocol=5))


def unpack(content: bytes) -> Any:
    """Return the value; raises DamagedError if the bytes are not those that were written."""
    return unpickled(unsealed(content))


def unpickled(content: bytes) -> Any:
    """Return the value of bytes whose checksum somebody else has looked at."""
    return RestrictedUnpickler(io.BytesIO(content)).load()


def sealed(content: bytes) -> bytes:
    """Return the content with its checksum before it."""
    return zlib.crc32(content).to_bytes(CHECKSUM_BYTES, "big") + content


def unsealed(content: bytes) -> bytes:
    """Return the content without its checksum; raises DamagedError if that does not fit."""
    checksum, rest = content[:CHECKSUM_BYTES], content[CHECKSUM_BYTES:]
    if zlib.crc32(rest).to_bytes(CHECKSUM_BYTES, "big") != checksum:
        raise DamagedError("a checksum in it does not fit")
    return rest
