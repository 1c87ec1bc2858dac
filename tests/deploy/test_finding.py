"""The workshop's stacks, found again."""

from pathlib import Path

import pytest

from workshop.cloud.connection import Cloud
from workshop.deploy.stacks import deploy, find_stack, list_stacks
from workshop.errors import StackNotFoundError

QUEUE = '{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}'


def test_only_tagged_stacks_are_listed(checkout: Path, cloud: Cloud) -> None:
    """Stacks of others are no pipelines, nor is what else bears the workshop's tag."""
    environment = [{"Key": "trade-risk-workshop", "Value": "environment"}]
    for name, tags in (("other", []), ("environment", environment)):
        cloud.client("cloudformation").create_stack(StackName=name, TemplateBody=QUEUE, Tags=tags)
    deploy(cloud, "stateless")

    [found] = list_stacks(cloud)

    assert (found.name, found.pipeline, found.variant) == ("trade-risk-stateless", "stateless", "ledger")
    assert found.status == "CREATE_COMPLETE"


def test_many_stacks_are_listed(cloud: Cloud) -> None:
    """More stacks than one answer of CloudFormation holds are all found."""
    for number in range(60):
        tags = [{"Key": "trade-risk-workshop", "Value": "stateful"}]
        cloud.client("cloudformation").create_stack(StackName=f"s{number}", TemplateBody=QUEUE, Tags=tags)

    assert len(list_stacks(cloud)) == 60


@pytest.mark.parametrize("name", ["nobody", "other"])
def test_what_is_no_pipeline_is_not_found(checkout: Path, cloud: Cloud, name: str) -> None:
    """A name that is unknown or somebody else's is answered with the names that there are."""
    cloud.client("cloudformation").create_stack(StackName="other", TemplateBody=QUEUE)
    deploy(cloud, "stateless")

    with pytest.raises(StackNotFoundError, match="there are: trade-risk-stateless") as caught:
        find_stack(cloud, name)

    assert caught.value.known == ("trade-risk-stateless",)


def test_a_stack_of_another_client_is_found_by_its_outputs(checkout: Path, cloud: Cloud) -> None:
    """A pipeline that was deployed without the tag can be used, by its name."""
    deploy(cloud, "stateless", stack="mine")
    cloudformation = cloud.client("cloudformation")
    described = cloudformation.describe_stacks(StackName="mine")["Stacks"][0]
    cloudformation.create_stack(
        StackName="theirs",
        TemplateBody=Path("cloudformation/stateless.yaml").read_text(encoding="utf-8"),
        # What must not be echoed is described as stars.
        Parameters=[each for each in described["Parameters"] if each["ParameterValue"] != "****"],
        Capabilities=["CAPABILITY_IAM"],
    )

    assert find_stack(cloud, "theirs").pipeline == "stateless"
    assert [stack.name for stack in list_stacks(cloud)] == ["mine"]
