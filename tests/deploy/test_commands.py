"""The commands deploy, destroy and package, and other clients, against a real offline cloud."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from tests.deploy.by_hand import ANY_TABLE, role_of
from workshop.cli.app import command_line
from workshop.cli.views.deploy_progress import DeployProgress
from workshop.cloud.connection import Cloud
from workshop.deploy.stacks import StackEvent, find_stack, list_stacks
from workshop.errors import ConfigurationError, StackNotFoundError

AWS = [sys.executable, "-m", "awscli"]
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def live(shared_cloud: Cloud) -> Cloud:
    """An empty offline cloud in a process of its own."""
    assert shared_cloud.offline is not None
    shared_cloud.offline.reset()
    return shared_cloud


@pytest.fixture
def run(live: Cloud, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The commands, pointed at the cloud; errors come as exceptions."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(live.endpoint))
    monkeypatch.delenv("WORKSHOP_CLOUD", raising=False)

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(command_line(), arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def aws(live: Cloud) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The AWS CLI, which knows the cloud by its endpoint alone."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = kept | {
        "AWS_ENDPOINT_URL": str(live.endpoint),
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": live.region,
    }

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*AWS, *arguments], env=environment, capture_output=True, text=True, check=False
        )

    return call


def test_a_stack_comes_and_goes(run: Run, live: Cloud) -> None:
    """`deploy` tells each event and ends with the outputs; `destroy` leaves nothing and says so."""
    deployed = run(
        "deploy", "stateful", "--shards", "3", "--set", "LogRetentionDays=14", "--variant", "textbook"
    )
    stack = find_stack(live, "trade-risk-stateful")

    destroyed = run("destroy", "trade-risk-stateful", "--yes")

    assert deployed.exit_code == destroyed.exit_code == 0
    assert "OFFLINE" in deployed.output
    assert "CREATE_COMPLETE       StateTable" in deployed.output
    assert "`trade-risk-stateful` runs the stateful pipeline, textbook handlers" in deployed.output
    assert all(value in deployed.output for value in stack.outputs.values())
    assert "DELETE_COMPLETE       StateTable" in destroyed.output
    assert "Nothing is left of `trade-risk-stateful`" in destroyed.output
    assert list_stacks(live) == ()


def test_deploying_again_tells_what_changed(run: Run, checkout: Path) -> None:
    """The second deployment names the functions with new code, and shows events of those alone."""
    run("deploy", "stateless", "--variant", "starter")
    (checkout / "lambdas/stateless/map.py").write_text("def handler(event, context): ...\n")

    changed = run("deploy", "stateless", "--variant", "starter")
    unchanged = run("deploy", "stateless", "--variant", "starter")

    run("destroy", "--all", "--yes")
    assert "functions with new code: map;" in changed.output
    assert "UPDATE_COMPLETE       MapLambda" in changed.output
    assert "ReduceLambda " not in changed.output.split("\n\n")[0]
    assert "functions with new code: none;" in unchanged.output


def test_all_stacks_can_be_destroyed_at_once(run: Run, live: Cloud) -> None:
    """`--all` takes every stack of the workshop, says what else goes, and none is no error."""
    for name in ("one", "two"):
        run("deploy", "stateless", "--stack", name)
    role = role_of(live, find_stack(live, "one").outputs["MapLambdaName"])
    live.client("iam").put_role_policy(RoleName=role, PolicyName="mine", PolicyDocument=ANY_TABLE)

    everything, nothing = run("destroy", "--all", "--yes"), run("destroy", "--all")

    assert f"Added by hand, goes as well: policy `mine` of AWS::IAM::Role `{role}`" in everything.output
    assert "Nothing is left of `one`" in everything.output
    assert "Nothing is left of `two`" in everything.output
    assert "There is no stack of this workshop." in nothing.output
    assert live.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("deployed", [(), ("mine",)])
def test_zips_whose_stacks_are_gone_go_with_all(run: Run, live: Cloud, deployed: tuple[str, ...]) -> None:
    """`--all` succeeds though the last stack takes along what is left of those that are gone."""
    for name in ("old", "older", *deployed):
        run("deploy", "stateless", "--stack", name)
    for name in ("old", "older"):
        live.client("cloudformation").delete_stack(StackName=name)

    done = run("destroy", "--all", "--yes")

    assert done.exit_code == 0
    assert all(f"Nothing is left of `{name}`" in done.output for name in ("old", "older", *deployed))
    assert live.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("destroy",), "name one stack, or say `--all`"),
        (("destroy", "one", "--all"), "name one stack, or say `--all`"),
        (("deploy", "stateful", "--set", "Words"), "`Words` is not a setting; write `--set Key=Value`"),
        (("deploy", "stateful", "--set", "Wrong=1"), "`Wrong` is not a parameter of the stateful pipeline"),
    ],
)
def test_wrong_usage_is_said(run: Run, arguments: tuple[str, ...], message: str) -> None:
    """What cannot be meant is refused with what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        run(*arguments)


def test_an_unknown_stack_is_not_destroyed(run: Run) -> None:
    """A name that nobody bears is answered with the names that there are."""
    with pytest.raises(
        StackNotFoundError,
        match=r"no pipeline stack is called `nobody`; there is none yet; deploy it with .* --stack nobody`",
    ):
        run("destroy", "nobody", "--yes")


def test_the_aws_cli_deploys_a_package(run: Run, aws: Any, live: Cloud, tmp_path: Path) -> None:
    """The printed commands deploy the pipeline, change it, and find nothing to change."""
    packed = run("package", "stateful", "--to", (tmp_path / "out").as_posix(), "--stack", "by-hand")
    printed = [shlex.split(line)[1:] for line in packed.output.splitlines() if line.startswith("aws ")]

    results = [aws(*command) for command in printed]
    again = aws(*printed[-1], "--no-fail-on-empty-changeset")
    template = printed[-1][printed[-1].index("--template-file") + 1]
    bucket = printed[0][-1].removeprefix("s3://")
    update = ["cloudformation", "deploy", "--stack-name", "by-hand", "--template-file", template]
    update += ["--parameter-overrides", "ReduceConcurrency=0", "--capabilities", "CAPABILITY_IAM"]
    changed = aws(*update, "--s3-bucket", bucket)
    stack = find_stack(live, "by-hand")

    run("destroy", "by-hand", "--yes")
    assert [result.returncode for result in results] == [0, 0, 0], [result.stderr for result in results]
    assert "No changes to deploy. Stack by-hand is up to date" in again.stdout + again.stderr
    assert "Successfully created/updated stack - by-hand" in changed.stdout, changed.stderr
    assert (stack.pipeline, stack.variant, stack.status) == ("stateful", "ledger", "UPDATE_COMPLETE")
    assert live.client("s3").list_buckets()["Buckets"] == []


def test_the_aws_cli_is_told_why_a_stack_failed(run: Run, aws: Any, checkout: Path) -> None:
    """A deployment without code ends as on AWS: the stack rolls back, and its events tell the reason."""
    parameters = [f"{name}=missing" for name in ("CodeBucket", "MapCodeKey", "ReduceCodeKey")]
    command = ["cloudformation", "deploy", "--stack-name", "broken", "--capabilities", "CAPABILITY_IAM"]
    command += ["--template-file", "cloudformation/stateless.yaml", "--parameter-overrides", *parameters]

    failed = aws(*command)
    stack = json.loads(aws("cloudformation", "describe-stacks", "--stack-name", "broken").stdout)["Stacks"][0]
    events = aws("cloudformation", "describe-stack-events", "--stack-name", "broken").stdout
    again = aws(*command)
    aws("cloudformation", "delete-stack", "--stack-name", "broken")

    assert failed.returncode != 0
    assert "Failed to create/update the stack" in failed.stderr
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "S3 Error Code: NoSuchBucket" in events
    assert "is in ROLLBACK_COMPLETE state and can not be updated" in again.stderr


def test_the_aws_cli_validates_the_templates(aws: Any, live: Cloud, checkout: Path) -> None:
    """`validate-template` answers with the parameters and the capability that they need."""
    body = f"file://{(checkout / 'cloudformation/stateful.yaml').as_posix()}"

    answer = json.loads(aws("cloudformation", "validate-template", "--template-body", body).stdout)

    assert answer["Capabilities"] == ["CAPABILITY_IAM"]
    assert "ShardCount" in {row["ParameterKey"] for row in answer["Parameters"]}


def test_a_terminal_shows_one_line_for_each_resource() -> None:
    """In a terminal the events become a table that holds the latest status of each resource."""
    people = Console(force_terminal=True, width=140, record=True, color_system=None)
    progress = DeployProgress(people)

    with progress.running():
        for status, reason in (("CREATE_IN_PROGRESS", "User Initiated"), ("CREATE_FAILED", "no such role")):
            progress.tell(event("MapLambda", status, reason))
        progress.tell(event("StateTable", "CREATE_COMPLETE", ""))

    last = people.export_text().rstrip().splitlines()[-2:]
    assert [" ".join(line.split()) for line in last] == [
        "MapLambda Lambda Function CREATE_FAILED no such role",
        "StateTable Lambda Function CREATE_COMPLETE",
    ]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_has_no_effect_is_told_once_at_the_end(is_terminal: bool) -> None:
    """A remark on complete resources stands in one line after the others, with the names of all of them."""
    people = Console(force_terminal=is_terminal, width=140, record=True, color_system=None)
    progress = DeployProgress(people)

    with progress.running():
        for name in ("MapTable", "ReduceTable"):
            progress.tell(event(name, "CREATE_COMPLETE", "TimeToLiveSpecification has no effect"))

    text = people.export_text()
    assert text.rstrip().splitlines()[-1] == "MapTable, ReduceTable: TimeToLiveSpecification has no effect"
    assert text.count("has no effect") == 1


def event(logical_id: str, status: str, reason: str) -> StackEvent:
    """Return an event of a function."""
    return StackEvent(datetime.now(UTC), logical_id, "", "AWS::Lambda::Function", status, reason)
