"""Keeping the user's AWS settings from our clouds: a broken profile cannot stop them, a key cannot leak."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["forget_the_user", "without_the_user"]


def forget_the_user() -> None:
    """Take the user's AWS settings out of this process.

    What sets moto's behaviour goes too, since the corrections were verified without it.
    """
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"


@contextmanager
def without_the_user() -> Iterator[None]:
    """Forget the user for a while, in a process that is the user's as well."""
    before = dict(os.environ)
    forget_the_user()
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
