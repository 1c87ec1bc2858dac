"""Descriptions of services are those of boto3 without their documentation."""

import json
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import JSONFileLoader
from moto.core import utils

from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.overlay.correct import plain_moto

SERVICES = Path(botocore.__file__).parent / "data"
MODELS = ("sqs/2012-11-05/service-2", "kinesis/2013-12-02/service-2", "logs/2014-03-28/paginators-1")


def without_documentation(part: Any) -> Any:
    """Return a document without what explains it to people."""
    if isinstance(part, list):
        return [without_documentation(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: "" if name == "documentation" and isinstance(value, str) else without_documentation(value)
        for name, value in part.items()
    }


@pytest.mark.parametrize("name", MODELS)
def test_everything_but_the_documentation_is_there(name: str) -> None:
    """A description equals boto3's own, in its order, but for texts called `documentation`."""
    overlay.apply(ManualClock())
    found = JSONFileLoader().load_file(str(SERVICES / name))
    with plain_moto():
        plain = JSONFileLoader().load_file(str(SERVICES / name))

    assert json.dumps(found) == json.dumps(without_documentation(plain))


def test_a_member_that_is_called_documentation_stays(tmp_path: Path) -> None:
    """A structure may have a member of that name, and a file that is not there is none."""
    overlay.apply(ManualClock())
    shape = {"members": {"documentation": {"shape": "Text"}}, "documentation": "<p>What it is.</p>"}
    (tmp_path / "service-2.json").write_text(json.dumps(shape), encoding="utf-8")

    assert JSONFileLoader().load_file(str(tmp_path / "service-2")) == shape | {"documentation": ""}
    assert JSONFileLoader().load_file(str(tmp_path / "nothing")) is None


def test_one_loader_loads_all_descriptions() -> None:
    """What one loader knows of the folders of all services is not looked for again by another."""
    overlay.apply(ManualClock())

    assert utils.create_loader() is utils.create_loader()
    with plain_moto():
        assert utils.create_loader() is not utils.create_loader()
