"""What plain moto makes of a stack is made with the corrections too, and what it leaves aside."""

from typing import Any

from tests.cloud.overlay.cloudformation.samples import body, resource

DENY = '{"Statement": [{"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}'
TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Box": resource("S3::Bucket", BucketName="box"),
        "Group": resource("Logs::LogGroup", LogGroupName="group"),
        "Queue": resource("SQS::Queue", QueueName="queue"),
        "Rule": resource("Events::Rule", Name="rule", EventPattern={"source": ["shop"]}, State="ENABLED"),
        "Topic": resource("SNS::Topic", TopicName="topic"),
    }
}


def made(account: Any) -> list[list[str]]:
    """Return the names of what there is of each type."""
    called = account.client
    return [
        [bucket["Name"] for bucket in called("s3").list_buckets()["Buckets"]],
        [group["logGroupName"] for group in called("logs").describe_log_groups()["logGroups"]],
        [url.rsplit("/", 1)[-1] for url in called("sqs").list_queues().get("QueueUrls", [])],
        [rule["Name"] for rule in called("events").list_rules()["Rules"]],
        [topic["TopicArn"].rsplit(":", 1)[-1] for topic in called("sns").list_topics()["Topics"]],
    ]


def life(account: Any) -> list[list[list[str]]]:
    """Return what is there while a stack is, and afterwards."""
    account.cloudformation.create_stack(StackName="s", TemplateBody=body(TEMPLATE))
    during = made(account)
    account.cloudformation.delete_stack(StackName="s")
    return [during, made(account)]


ALL_OF_IT = [[["box"], ["group"], ["queue"], ["rule"], ["topic"]], [[], [], [], [], []]]


def test_plain_stacks_make_and_delete_this(plain) -> None:
    """Moto as it is makes each resource, and deletes it."""
    assert life(plain) == ALL_OF_IT


def test_corrected_stacks_make_and_delete_the_same(aws) -> None:
    """With the corrections it is the same."""
    assert life(aws) == ALL_OF_IT


def test_plain_stacks_heed_no_protection(plain) -> None:
    """Moto as it is keeps the options of a stack and deletes it all the same."""
    plain.cloudformation.create_stack(
        StackName="s",
        TemplateBody=body({"Resources": {"Q": TEMPLATE["Resources"]["Queue"]}}),
        EnableTerminationProtection=True,
        StackPolicyBody=DENY,
    )

    plain.cloudformation.delete_stack(StackName="s")

    assert made(plain)[2] == []
