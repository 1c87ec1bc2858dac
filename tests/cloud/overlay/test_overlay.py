"""The overlay as a whole: pinned, repeatable, and without two corrections of one thing."""

import copy
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from moto import backends
from moto.core import responses
from moto.core.config import default_user_config
from moto.core.serialize import JSONSerializer, XFormedAttributePicker
from moto.core.utils import get_service_model
from moto.dynamodb.models.table import StreamShard
from moto.dynamodb.responses import DynamoHandler

from tests.cloud.conftest import NAMES
from workshop.clock import ManualClock
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline import overlay
from workshop.cloud.offline.overlay.correct import CLOCK, corrects, install, plain_moto
from workshop.errors import CloudStartError
from workshop.settings import project_root


def test_the_pin_is_the_version_that_was_verified() -> None:
    """pyproject.toml pins the very version of moto that the corrections were verified with."""
    project = tomllib.loads((project_root() / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert f"moto[server]=={overlay.MOTO_VERSION}" in project["dependencies"]
    assert version("moto") == overlay.MOTO_VERSION


def test_another_moto_is_refused(monkeypatch) -> None:
    """With another version of moto the cloud does not start, and says what to do."""
    monkeypatch.setattr(overlay, "MOTO_VERSION", "0.0.0")

    with pytest.raises(CloudStartError, match="make setup"):
        overlay.apply(ManualClock(), NAMES)


def test_every_correction_is_listed_once() -> None:
    """Every module that registers a correction is in the list, since others would never be installed."""
    folder = Path(overlay.__file__).parent
    registering = {
        ".".join(path.relative_to(folder).with_suffix("").parts)
        for path in folder.rglob("*.py")
        if re.search(
            r"^ *(@?corrects|@creates|@changes|add_resource_type)\(", path.read_text("utf-8"), re.MULTILINE
        )
    }

    assert sorted(overlay.CORRECTIONS) == sorted(registering)


def test_corrections_may_be_installed_again() -> None:
    """Installing again wraps nothing twice and only replaces the clock."""
    overlay.apply(ManualClock(1.0), NAMES)
    once = (DynamoHandler.update_item, StreamShard.add, DynamoHandler.batch_write_item)

    overlay.apply(ManualClock(2.0), NAMES)

    assert (DynamoHandler.update_item, StreamShard.add, DynamoHandler.batch_write_item) == once
    assert CLOCK.now() == 2.0


def test_two_corrections_of_one_attribute_are_refused() -> None:
    """A second correction of the same attribute is an error, since it would undo the first."""
    overlay.apply(ManualClock(), NAMES)

    with pytest.raises(RuntimeError, match="update_item"):
        corrects(DynamoHandler, "update_item")(lambda: None)


def test_a_correction_waits_until_its_module_is_installed() -> None:
    """Importing a correction changes nothing; installing its module does, and `plain_moto` undoes it."""

    class Parent:
        kept = inherited = "moto's"

    class Owner(Parent):
        pass

    @corrects(Owner, "inherited", kind=property)
    def _corrected(_self: Owner) -> str:
        return "ours"

    before = Owner().inherited
    install(__name__)
    with plain_moto():
        plain = Owner().inherited

    assert (before, plain, Owner().inherited, Owner().kept) == ("moto's", "moto's", "ours", "moto's")


def test_plain_moto_can_be_had_back() -> None:
    """Inside of `plain_moto` nothing is corrected; afterwards everything is."""
    overlay.apply(ManualClock(), NAMES)
    corrected = DynamoHandler.update_item

    with plain_moto():
        assert DynamoHandler.update_item.__module__ == "moto.dynamodb.responses"

    assert DynamoHandler.update_item is corrected


def test_lookups_answer_as_before() -> None:
    """What is remembered about services and methods is what moto would look up."""
    overlay.apply(ManualClock(), NAMES)
    modules = set(backends.list_of_moto_modules())
    methods = responses.method_names_from_class(DynamoHandler)
    names = [responses.camelcase_to_underscores(name) for name in ("PutItem", "GetDBInstance", "")]

    with plain_moto():
        assert modules == set(backends.list_of_moto_modules())
        assert sorted(methods) == sorted(responses.method_names_from_class(DynamoHandler))
        assert names == [
            responses.camelcase_to_underscores(name) for name in ("PutItem", "GetDBInstance", "")
        ]


def test_lookups_are_made_once(monkeypatch) -> None:
    """Moto's folder is not listed for each request."""
    import os

    overlay.apply(ManualClock(), NAMES)
    listed: list[str] = []
    monkeypatch.setattr(os, "listdir", lambda path: listed.append(path) or [])

    backends.list_of_moto_modules()

    assert listed == []


def serialized(result: dict) -> str:
    operation = get_service_model("kinesis").operation_model("ListStreams")
    return str(JSONSerializer(operation, value_picker=XFormedAttributePicker()).serialize(result)["body"])


@pytest.mark.parametrize(
    "result",
    [
        {"StreamNames": ["a"], "HasMoreStreams": False},
        {"stream_names": ["a", "b"], "has_more_streams": True, "NextToken": None},
        {"StreamNameList": ["by its shape"], "next_token": "t"},
        {"StreamSummaries": [{"StreamName": "S", "stream_arn": "arn"}, {"stream_name": "T"}]},
        {},
    ],
    ids=str,
)
def test_answers_are_picked_as_before(result: dict) -> None:
    """Members of an answer are found under every name under which plain moto finds them, again and again."""
    overlay.apply(ManualClock(), NAMES)
    corrected = [serialized(result), serialized(result)]

    with plain_moto():
        assert corrected == [serialized(result)] * 2


def test_names_of_members_are_worked_out_once(monkeypatch) -> None:
    """The names under which a member could be found are not worked out for each answer."""
    overlay.apply(ManualClock(), NAMES)
    serialized({"StreamNames": ["a"]})
    asked: list[str] = []
    original = XFormedAttributePicker.get_possible_keys
    monkeypatch.setattr(
        XFormedAttributePicker,
        "get_possible_keys",
        lambda self, context: asked.append(context.key) or original(self, context),
    )

    serialized({"StreamNames": ["b"]})

    assert asked == []


def test_a_laboratory_leaves_the_options_of_moto_as_it_found_them() -> None:
    """Who uses moto in the same process afterwards has its own defaults, and pays for no managed policies."""
    before = copy.deepcopy(default_user_config)

    Laboratory().close()

    assert default_user_config == before
