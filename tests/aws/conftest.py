"""An account that has been emptied for each module."""

from collections.abc import Iterator

import pytest

from tests.aws.account import Account


@pytest.fixture(scope="module")
def account(cloud, tmp_path_factory) -> Iterator[Account]:
    """Somebody's account, with nothing in it."""
    with Account(cloud, tmp_path_factory.mktemp("account")) as account:
        yield account
