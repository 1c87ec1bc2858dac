"""What the tests of keeping share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cloud.keeping.crashing import KeptCloud


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[KeptCloud]:
    """An empty account that keeps its state."""
    cloud = KeptCloud(tmp_path)
    yield cloud
    cloud.laboratory.close()
