"""The two templates, read once."""

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

FOLDER = Path(__file__).parents[2] / "cloudformation"
PIPELINES = ("stateless", "stateful")


@pytest.fixture(scope="session", params=PIPELINES)
def template(request: pytest.FixtureRequest) -> dict[str, Any]:
    """One of the templates, short forms written out."""
    return read(request.param)


@pytest.fixture(scope="session")
def both() -> tuple[dict[str, Any], dict[str, Any]]:
    """Both templates: stateless, stateful."""
    return read("stateless"), read("stateful")


def read(pipeline: str) -> dict[str, Any]:
    """Return a template as nested dicts and lists."""
    content: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(FOLDER / f"{pipeline}.yaml"))))
    return content
