"""A file that was put in the place of ours by mistake runs nothing."""

import pytest

from workshop.cloud.offline.keeping.packing import DamagedError, pack, sealed, unpack

NAMES = ["os.system", "functools.partial", "_functools.reduce", "_operator.attrgetter", "builtins.eval"]


@pytest.mark.parametrize("name", NAMES)
def test_what_runs_something_is_not_read(name: str) -> None:
    """Neither by its public name nor by that of the part that is written in C."""
    module, _, attribute = name.partition(".")
    content = f"c{module}\n{attribute}\n.".encode()

    with pytest.raises(DamagedError, match=name):
        unpack(sealed(content))


def test_what_is_plain_is_read() -> None:
    """Values and instances come back."""
    value = {"a": [1, (2.5, b"x")], "b": {None, "é"}}

    assert unpack(pack(value)) == value
