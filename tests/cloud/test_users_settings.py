"""Keeping the user's AWS settings from a cloud of ours."""

import os

import pytest

from workshop.cloud.users_settings import without_the_user


def test_the_user_is_forgotten_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the block there is nothing of the user's, and all of it is there again afterwards."""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_CONFIG_FILE", "mine.ini")
    before = dict(os.environ)

    with without_the_user():
        inside = dict(os.environ)

    assert "AWS_PROFILE" not in inside
    assert inside["AWS_CONFIG_FILE"] == os.devnull
    assert dict(os.environ) == before
