"""The first steps on AWS: the doctor looks at the account, and JupyterLab meets it."""

import json
import signal
import subprocess
import sys

import psutil
import pytest

from tests.aws.account import Account
from tests.cli.test_start import Started, posix_only
from tests.cloud.waiting import wait_until

SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def examined(environment: dict[str, str], *options: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Return the doctor's exit code, and its findings by their names."""
    command = [sys.executable, "-m", "workshop", "doctor", "--json", *options]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ended.returncode, {each["check"]: each for each in json.loads(ended.stdout)["findings"]}


def test_the_doctor_tells_account_region_limit_and_cost(account: Account) -> None:
    """Whoever has signed in sees who they are, shortened, where, and what two hours cost."""
    code, found = examined(account.environment)

    assert code == 0
    assert found["AWS account"]["seen"] == "…9012, as user/moto"
    assert found["AWS region"]["seen"] == "eu-west-1"
    assert found["AWS stacks"]["seen"] == "of this workshop: none yet"
    assert found["AWS concurrency"]["seen"] == "1000 of 1000 functions at a time are not reserved"
    assert found["AWS cost"]["seen"].startswith("about 0.15 USD for 2 hours")
    assert "Offline cloud" not in found
    assert account.control_calls == []


def test_the_doctor_finds_that_somebody_may_not_deploy(account: Account) -> None:
    """Who is known to AWS and may not even look for stacks is not ready, and hears whom to ask."""
    account.refused = {"DescribeStacks": ("AccessDenied", "not authorized to perform this")}
    try:
        code, found = examined(account.environment)
    finally:
        account.refused = {}

    assert code == 1
    assert "not authorized" in found["AWS stacks"]["seen"]
    assert "ask whoever manages the account" in found["AWS stacks"]["fix"]


def test_the_doctor_finds_that_nobody_has_signed_in(account: Account) -> None:
    """Without credentials the machine is not ready, and it is said how to sign in."""
    signed_out = {name: value for name, value in account.environment.items() if name not in SECRETS}

    code, found = examined(signed_out)

    assert code == 1
    assert found["AWS account"]["grade"] == "problem"
    assert "aws configure sso" in found["AWS account"]["fix"]


def test_the_doctor_looks_at_aws_only_if_it_is_chosen(account: Account) -> None:
    """`--cloud offline` goes before the variable, and asks nothing of AWS."""
    _, found = examined(account.environment, "--cloud", "offline")

    assert "Offline cloud" in found
    assert "AWS account" not in found


def test_a_command_of_somebody_who_has_not_signed_in_says_how(account: Account) -> None:
    """Commands say the same as the doctor, in one line."""
    signed_out = {name: value for name, value in account.environment.items() if name not in SECRETS}
    command = [sys.executable, "-m", "workshop", "deploy", "stateful"]

    ended = subprocess.run(command, env=signed_out, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: Unable to locate credentials; sign in first: `aws configure sso`")


@posix_only
@pytest.mark.timeout(300)
def test_jupyterlab_meets_the_account(account: Account, tmp_path) -> None:
    """`workshop start` starts no offline cloud and hands no endpoint of one on; it says what stays on AWS."""
    started = Started(tmp_path, "--no-browser", environment=account.environment)
    try:
        wait_until(lambda: "Ctrl-C" in started.said, 120)
        [lab] = psutil.Process(started.process.pid).children()
        variables = lab.environ()
    finally:
        code = started.end(signal.SIGINT)

    assert code == 0
    assert "AWS: account …9012, eu-west-1; what runs here costs money" in started.said
    assert "Offline cloud" not in started.said
    assert "workshop destroy" in started.said
    assert variables["WORKSHOP_CLOUD"] == "aws"
    assert "AWS_ENDPOINT_URL" not in variables
    assert account.control_calls == []
