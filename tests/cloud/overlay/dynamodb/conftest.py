"""A table for each test."""

import pytest

from tests.cloud.conftest import Account


@pytest.fixture
def table(account: Account) -> Account:
    """An account with an empty table `T` that has the key `pk` and a stream."""
    account.create_table()
    return account


@pytest.fixture
def plain_table(plain: Account) -> Account:
    """The same in moto as it is."""
    plain.create_table()
    return plain
