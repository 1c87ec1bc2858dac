"""A class on Kubernetes, as far as that can be looked at without a cluster: values, images, what they run."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("jupyterhub", reason="the extra `class` is not installed")

from jupyterhub.app import JupyterHub
from traitlets.config import Config

from workshop.classroom.hub.door import Door
from workshop.classroom.hub.kubernetes.class_hub import configure
from workshop.classroom.hub.kubernetes.pod import prepare_home
from workshop.classroom.invitation import DEFAULT_BOARD_PORT

ROOT = Path(__file__).resolve().parents[4]
FOLDER = ROOT / "workshop" / "classroom" / "hub" / "kubernetes"
CHART = "4.1.0"
# What `helm show values` of that chart knows of the parts that we set; below `...`, anything goes.
KNOWN: dict[str, Any] = {
    "hub": {
        "image": {"name", "tag", "pullPolicy", "pullSecrets"},
        "extraConfig": ...,
        "extraEnv": ...,
        "config": ...,
        "concurrentSpawnLimit": None,
        "activeServerLimit": None,
    },
    "singleuser": {
        "image": {"name", "tag", "pullPolicy", "pullSecrets"},
        "cmd": None,
        "startTimeout": None,
        "cpu": {"limit", "guarantee"},
        "memory": {"limit", "guarantee"},
        "storage": {"type", "capacity", "homeMountPath", "dynamic", "static"},
        "networkPolicy": {
            "enabled": None,
            "ingress": ...,
            "egress": ...,
            "egressAllowRules": {
                "cloudMetadataServer",
                "dnsPortsCloudMetadataServer",
                "dnsPortsKubeSystemNamespace",
                "dnsPortsPrivateIPs",
                "nonPrivateIPs",
                "privateIPs",
            },
        },
    },
    "cull": {"enabled", "users", "adminUsers", "removeNamedServers", "timeout", "every", "concurrency"},
}


def unknown(values: Any, known: Any, place: str = "") -> list[str]:
    """Return the keys that the chart does not know."""
    if known is ... or known is None or not isinstance(values, dict):
        return []
    found = [f"{place}{name}" for name in values if name not in known]
    for name in values.keys() & set(known):
        below = known[name] if isinstance(known, dict) else None
        found += unknown(values[name], below, f"{place}{name}.")
    return found


@pytest.fixture
def values() -> dict[str, Any]:
    """The values that we hand to the chart."""
    return yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))


def test_the_chart_knows_every_value(values) -> None:
    """No key is misspelt: the chart's schema would refuse it, in front of the class."""
    assert unknown(values, KNOWN) == []
    assert unknown({"hub": {"extraconfig": {}}}, KNOWN) == ["hub.extraconfig"]


def test_images_values_and_guide_name_one_chart(values) -> None:
    """The hub's image is made of the chart's own, and what runs there are modules of ours."""
    images = (FOLDER / "Containerfile").read_text(encoding="utf-8")

    assert re.findall(r"k8s-hub:(\S+)", images) == [CHART]
    assert set(re.findall(r"AS (\w+)", images)) == {"seat", "hub"}
    for text in ((FOLDER / "values.yaml").read_text(), (ROOT / "docs" / "classroom.md").read_text()):
        assert CHART in text
    module = values["singleuser"]["cmd"][2]
    assert (ROOT / Path(*module.split("."))).with_suffix(".py").is_file()


def test_the_values_open_the_classs_door(values, tmp_path, monkeypatch) -> None:
    """The values' own configuration makes the door of the class, with code and password of a secret."""
    assert {*values["hub"]["extraEnv"]} == {"WORKSHOP_HUB_CODE", "WORKSHOP_HUB_PASSWORD"}
    monkeypatch.setenv("WORKSHOP_HUB_CODE", "abc234")
    monkeypatch.setenv("WORKSHOP_HUB_PASSWORD", "the-instructors-own")
    c = Config({"JupyterHub": {"active_server_limit": 200}})
    text = values["hub"]["extraConfig"]["workshop"].replace("(c)", "(c, folder)")

    exec(text, {"c": c, "folder": str(tmp_path)})  # noqa: S102 - our own values

    assert c.JupyterHub.authenticator_class is Door
    assert (c.Door.plan.code, c.Door.plan.seats) == ("ABC-234", 200)
    assert configure.__module__ in text


def test_a_class_that_begins_at_one_moment_is_not_refused(values) -> None:
    """JupyterHub refuses whoever exceeds its limit of starting seats; 0, as it says, is no limit."""
    assert values["hub"]["concurrentSpawnLimit"] == 0
    assert "If set to 0, no limit is enforced" in JupyterHub.concurrent_spawn_limit.help


def test_a_password_that_can_be_guessed_opens_no_hub(tmp_path, monkeypatch) -> None:
    """The door lets nobody wait who tries the instructor's password, so a short one is refused."""
    monkeypatch.setenv("WORKSHOP_HUB_CODE", "abc234")
    monkeypatch.setenv("WORKSHOP_HUB_PASSWORD", "x" * 15)

    with pytest.raises(ValueError, match=r"has 15 characters and needs 16; make one with `openssl"):
        configure(Config(), str(tmp_path))


def test_a_seats_volume_gets_the_course_once(tmp_path) -> None:
    """An empty home gets a copy of the course; what a learner did there stays."""
    course, home = tmp_path / "course", tmp_path / "jovyan"
    course.mkdir()
    home.mkdir()
    (course / "README.md").write_text("as handed out")
    (prepare_home(home, course) / "README.md").write_text("mine")

    assert (prepare_home(home, course) / "README.md").read_text() == "mine"
    assert (home / "home").is_dir()


def test_the_guide_opens_a_way_to_a_class_board(values) -> None:
    """What the guide adds to the values is known to the chart, and leads to the board's port alone."""
    guide = (ROOT / "docs" / "classroom.md").read_text(encoding="utf-8")
    added = yaml.safe_load(re.search(r"    networkPolicy:\n(?:     .*\n?)+", guide)[0])

    assert unknown({"singleuser": added}, KNOWN) == []
    [rule] = added["networkPolicy"]["egress"]
    assert [each["port"] for each in rule["ports"]] == [DEFAULT_BOARD_PORT]
    assert "egress" not in values["singleuser"]["networkPolicy"]
