"""The commands around a pipeline in somebody's account, with nothing at hand but AWS's own calls."""

import json

import pytest

from tests.aws.account import Account
from tests.cli.conftest import Done, Workshop
from workshop.deploy.listing import everything

STACK = "trade-risk-stateful"
LEVELS = "HierarchyLevels=RunID,RiskType,TradeDesk,Region"
# In the order in which somebody uses them; what is asked only tells, and the rest changes something.
STEPS: tuple[tuple[str, ...], ...] = (
    ("deploy", "stateful", "--set", LEVELS, "--shards", "1", "--end", "2090-12-01T18:00", "--delete-at-end"),
    ("produce", STACK, "--messages", "20", "--seed", "1"),
    ("watch", STACK, "--once"),
    ("aggregates", STACK),
    ("quarantine", STACK),
    ("faults", STACK, "--set", "crash_before@map=0.1"),
    ("faults", STACK, "--clear"),
    ("clear", STACK, "--yes"),
    ("reconcile", STACK),
    ("play", "--stack", STACK, "--rounds", "1", "--messages", "20"),
    ("play", "--stack", STACK, "--watch-only", "--minutes", "0.1"),
    ("catch-up", "02"),
    ("check", "deploy-stack"),
    ("hint", "deploy-stack"),
    ("doctor",),
    ("destroy", "--all", "--yes"),
)


@pytest.fixture
def signed_in(account: Account) -> Workshop:
    """The command of somebody who has signed in to the account, and chosen it."""
    command = Workshop("", "")
    command.environment = {**account.environment, "COLUMNS": "140"}
    return command


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("command", "operation", "code", "way_on"),
    [
        (("watch", STACK, "--once"), "Scan", "AccessDeniedException", "ask whoever manages the account"),
        (("watch", STACK, "--once"), "Scan", "ExpiredTokenException", "sign in again"),
        (("produce", STACK, "--messages", "1"), "PutRecords", "ExpiredTokenException", "sign in again"),
    ],
)
def test_a_refused_command_says_what_to_do(
    account: Account, signed_in: Workshop, command: tuple[str, ...], operation: str, code: str, way_on: str
) -> None:
    """Whom AWS refuses a call in the middle of a command reads which, why and the way on, and it fails."""
    signed_in.run("deploy", "stateful", "--shards", "1")
    account.refused = {operation: (code, "no such right")}
    try:
        done = signed_in.run(*command)
    finally:
        account.refused = {}

    assert done.returncode == 1
    told = " ".join((done.stdout + done.stderr).split())
    assert f"({code}) when calling the {operation} operation: no such right" in told
    assert way_on in told


@pytest.mark.timeout(600)
def test_every_command_works_there_and_leaves_nothing(account: Account, signed_in: Workshop) -> None:
    """From the first deployment to the last stack, no command needs what only the offline cloud has."""
    done: dict[tuple[str, ...], Done] = {step: signed_in.run(*step) for step in STEPS}

    assert {step: each.stderr for step, each in done.items() if each.returncode} == {}
    assert account.control_calls == []
    assert list(everything(account.cloud)) == []
    assert account.cloud.client("s3").list_buckets()["Buckets"] == []
    assert "USD an hour while nothing happens" in done[STEPS[0]].stdout
    assert json.loads(signed_in.run("doctor", "--json").stdout)["findings"]
