"""Faults of a running pipeline, with real processes behind a real endpoint."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from workshop.cli.app import main
from workshop.cloud.connection import Cloud
from workshop.cloud.fault_plan import FaultKind, FaultPlan
from workshop.cloud.temporary import temporary_cloud
from workshop.deploy.stacks import deploy
from workshop.errors import ConfigurationError
from workshop.pipeline.demo import plan_options, run_pipelines
from workshop.pipeline.operations.live_faults import clear_faults, impossible_on, read_faults, set_faults
from workshop.pipeline.settle import Patience
from workshop.pipeline.tables import read_quarantine

PATIENCE = Patience(quiet_seconds=1.0, unchanged_seconds=90.0, timeout_seconds=240.0, poll_seconds=0.5)
# High chances for a few batches, and an end, so that everything happens and nothing takes long.
ROUGH = FaultPlan(
    seed=5,
    rates={
        **dict.fromkeys(FaultKind, 0.5),
        **{f"{kind}@state": 0.01 for kind in FaultKind},
        **{f"{kind}@producer": 0.5 for kind in FaultKind},
        FaultKind.SLOW: 0.05,
    },
    limit=1,
)
EXPECTED = {"killed", "crash_before", "duplicate", "re_batched", "response_lost"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """An offline cloud of this module's own."""
    with temporary_cloud() as started:
        yield started


@pytest.fixture(scope="module")
def outputs(cloud: Cloud) -> dict[str, str]:
    """The outputs of a stateful pipeline."""
    return deploy(cloud, "stateful", stack="rough").outputs


@pytest.fixture
def workshop(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Run a command against the cloud; returns its exit code and what it printed on stdout."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(cloud.endpoint))

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["workshop", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        return int(done.value.code or 0), capsys.readouterr().out

    return run


def document(printed: tuple[int, str]) -> dict[str, Any]:
    code, text = printed
    assert code == 0
    read: dict[str, Any] = json.loads(text)
    return read


def test_the_ledger_survives_processes_that_fail_in_every_way(cloud: Cloud) -> None:
    """With all kinds of faults and killed processes, totals end exact and poison is set aside.

    How many batches there are, and so what strikes, depends on the machine: rounds go on until all struck.
    """
    struck: Counter[str] = Counter()

    for seed in range(3, 11):
        outputs = deploy(cloud, "stateful", stack=f"round-{seed}").outputs
        options = {"stateful": plan_options("stateful", 600, seed=seed)}
        [run] = run_pipelines(cloud, {"stateful": outputs}, options, faults=ROUGH, patience=PATIENCE)
        assert run.exact
        assert run.faults is not None
        rows = read_quarantine(cloud.client("dynamodb"), outputs["QuarantineTableName"])
        assert len(rows) == run.faults.get("poison", 0)
        assert read_faults(cloud, outputs).in_functions.is_empty
        struck.update(run.faults)
        if struck.keys() >= EXPECTED and len(struck) >= 10:
            break

    assert struck.keys() >= EXPECTED
    assert len(struck) >= 10


def test_faults_are_set_in_both_places(cloud: Cloud, outputs: dict[str, str]) -> None:
    """What only functions can do goes to them, everything else to the cloud; clearing clears both."""
    live = set_faults(cloud, outputs, FaultPlan(rates={"crash_after@map": 0.5, "delayed": 0.25}))

    assert live.in_functions.rates == {"crash_after@map": 0.5}
    assert live.in_cloud is not None
    assert live.in_cloud.rates == {"delayed": 0.25}
    clear_faults(cloud, outputs)
    assert read_faults(cloud, outputs).document()["cloud"]["rates"] == {}
    assert read_faults(cloud, outputs).in_functions.is_empty


def test_the_command_sets_shows_and_clears(workshop: Callable[..., tuple[int, str]], outputs: Any) -> None:
    """`workshop faults` sets a plan in words, shows what is in force, and switches it off."""
    told = document(workshop("faults", "rough", "--set", "crash_after@map=0.5", "slow=0.1", "--json"))
    assert told["functions"]["rates"] == {"crash_after@map": 0.5}
    assert told["cloud"]["rates"] == {"slow": 0.1}

    code, shown = workshop("faults", "rough")
    assert code == 0
    assert "crash_after@map" in shown
    assert "offline cloud" in shown

    cleared = document(workshop("faults", "rough", "--clear", "--json"))
    assert (cleared["functions"]["rates"], cleared["cloud"]["rates"]) == ({}, {})
    assert "Nothing goes wrong" in workshop("faults", "rough", "--show")[1]


@pytest.mark.parametrize(
    "arguments", [("--set", "crash=1"), ("--set", "lab", "--clear"), ("slow=1",), ("--set", "slow=7")]
)
def test_a_wrong_use_is_a_wrong_use(
    workshop: Callable[..., tuple[int, str]], outputs: Any, arguments: tuple[str, ...]
) -> None:
    """What cannot be set ends with exit code 2 and changes nothing."""
    assert workshop("faults", "rough", *arguments)[0] == 2
    assert document(workshop("faults", "rough", "--show", "--json"))["cloud"]["rates"] == {}


def test_the_cloud_refuses_what_is_no_plan(cloud: Cloud) -> None:
    """The control answers with the reason when a plan names something that does not exist."""
    assert cloud.offline is not None

    with pytest.raises(ConfigurationError, match="no fault `fire`"):
        cloud.offline.set_faults({"rates": {"fire": 1.0}})


def test_a_reset_ends_all_faults() -> None:
    """A cloud that is reset does nothing on purpose any more."""
    with temporary_cloud() as cloud:
        assert cloud.offline is not None
        cloud.offline.set_faults({"rates": {"slow": 1.0}})

        cloud.offline.reset()

        assert FaultPlan.from_document(cloud.offline.faults()["plan"]).is_empty


def test_aws_does_only_what_functions_do() -> None:
    """For AWS, the kinds that only the offline cloud can do are named, so that nobody waits for them."""
    plan = FaultPlan(rates={"crash_after": 0.1, "delayed": 0.1, "throttled@map": 0.1})

    assert impossible_on(Cloud("aws", region="us-east-1"), plan) == ("throttled", "delayed")
