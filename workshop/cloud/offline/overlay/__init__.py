"""Corrections to moto, where it answers differently from AWS in a way that the pipelines can see.

Each module of this package corrects one behaviour by class-level assignments on moto's classes. Its docstring says
what AWS does and where that is written, what moto does, and what is changed; its `install(clock)` makes the
assignments, may be called again, and then only replaces the clock. No moto code is copied or forked, so moto is
pinned to the version that these corrections were verified with.

To add a correction: write `overlay/<service>_<behaviour>.py` with a function `install(clock: Clock) -> None`,
and append the module's name to `CORRECTIONS`. They are installed in that order, the ones that wrap others last.
"""

from importlib import import_module
from importlib.metadata import version

from workshop.clock import Clock
from workshop.errors import CloudStartError

__all__ = ["CORRECTIONS", "MOTO_VERSION", "apply"]

MOTO_VERSION = "5.2.5"

CORRECTIONS: tuple[str, ...] = ()


def apply(clock: Clock) -> None:
    """Install every correction; a second call only replaces the clock.

    Raises:
        CloudStartError: another version of moto is installed than the one these corrections were verified with.
    """
    if (installed := version("moto")) != MOTO_VERSION:
        raise CloudStartError(
            f"the offline cloud corrects moto {MOTO_VERSION}, but moto {installed} is installed; "
            "run `make setup` to install the pinned version"
        )
    for name in CORRECTIONS:
        import_module(f"{__name__}.{name}").install(clock)
