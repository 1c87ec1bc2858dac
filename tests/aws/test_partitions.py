"""The course in other partitions of AWS, whose ARNs, roles and sessions are their own."""

import pytest

from tests.aws.account import Account
from tests.cli.conftest import Done, Workshop
from workshop.cloud.connection import Cloud
from workshop.deploy.listing import everything
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.target import find_target
from workshop.pipeline.truth import GRAND_TOTAL

STACK = "trade-risk-stateful"
BEFORE: tuple[tuple[str, ...], ...] = (
    ("deploy", "stateful", "--shards", "1", "--end", "2090-12-01T18:00", "--delete-at-end"),
    ("produce", STACK, "--messages", "20", "--seed", "1"),
)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_a_pipeline_works_in_its_partition(account: Account, region: str, partition: str) -> None:
    """Templates, commands and roles name the partition of their region, and totals are exact there."""
    signed_in = Workshop("", "")
    signed_in.environment = {**account.environment, "COLUMNS": "140", "AWS_REGION": region}
    there = Cloud("offline", region=region, endpoint=account.cloud.endpoint)
    done: list[Done] = [signed_in.run(*step) for step in BEFORE]
    target = find_target(there, STACK)
    assert there.offline is not None
    functions = [name for output, name in target.outputs.items() if output.endswith("LambdaName")]
    there.offline.wait_until_quiet(functions, timeout_seconds=60)

    total = take_snapshot(there.client("dynamodb"), target.outputs["AggregateTableName"]).totals[
        "Grand Total"
    ]
    done += [signed_in.run("destroy", "--all", "--yes")]

    assert [each.stderr for each in done if each.returncode] == []
    assert f"{GRAND_TOTAL}    {total:,.2f}" in done[1].stdout
    assert target.outputs["ProducerPolicyArn"].startswith(f"arn:{partition}:iam::")
    assert list(everything(there)) == []
    assert account.control_calls == []
