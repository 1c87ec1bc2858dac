"""Stacks after a kill: of SAM templates, and those whose resources somebody has changed besides."""

import json
from typing import Any

from tests.cloud.keeping.crashing import KeptCloud
from tests.cloud.keeping.test_everything import TEMPLATE

SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Consumer:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: index.handler
      AutoPublishAlias: live
      Timeout: %s
      InlineCode: 'def handler(event, context): return 1'
      Events:
        Trades: {Type: Kinesis, Properties: {Stream: !GetAtt Stream.Arn, StartingPosition: TRIM_HORIZON}}
"""
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_a_stack_of_a_sam_template_goes_on(cloud: KeptCloud) -> None:
    """It has the same resources and templates, is updated in place, and leaves nothing when it goes."""

    def described() -> Any:
        client = cloud.client("cloudformation")
        templates = [client.get_template(StackName="s", TemplateStage=stage) for stage in STAGES]
        resources = client.list_stack_resources(StackName="s")["StackResourceSummaries"]
        return [each["TemplateBody"] for each in templates], resources

    cloud.client("cloudformation").create_stack(
        StackName="s", TemplateBody=SAM % 5, Capabilities=CAPABILITIES
    )
    before = described()

    cloud.crash()

    assert described() == before
    cloud.client("cloudformation").update_stack(
        StackName="s", TemplateBody=SAM % 9, Capabilities=CAPABILITIES
    )
    cloud.crash()
    [function] = cloud.client("lambda").list_functions()["Functions"]
    assert function["Timeout"] == 9
    cloud.client("cloudformation").delete_stack(StackName="s")
    cloud.crash()
    assert cloud.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert cloud.client("lambda").list_functions()["Functions"] == []
    assert cloud.client("kinesis").list_streams()["StreamNames"] == []


STAGES = "Original", "Processed"


def test_what_was_changed_beside_a_stack_stays_so(cloud: KeptCloud) -> None:
    """A resource that somebody has deleted or changed beside its stack is as they left it after a kill."""
    formation = cloud.client("cloudformation")
    formation.create_stack(StackName="s", TemplateBody=TEMPLATE)
    ids = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in formation.list_stack_resources(StackName="s")["StackResourceSummaries"]
    }
    cloud.client("sns").delete_topic(TopicArn=ids["Topic"])
    cloud.client("dynamodb").update_table(TableName=ids["Table"], DeletionProtectionEnabled=True)

    cloud.crash()

    assert cloud.client("sns").list_topics()["Topics"] == []
    table = cloud.client("dynamodb").describe_table(TableName=ids["Table"])["Table"]
    assert table["DeletionProtectionEnabled"]
    wanted = json.loads(TEMPLATE)
    del wanted["Outputs"], wanted["Resources"]["Topic"]
    cloud.client("cloudformation").update_stack(StackName="s", TemplateBody=json.dumps(wanted))
    cloud.client("dynamodb").update_table(TableName=ids["Table"], DeletionProtectionEnabled=False)
    cloud.crash()
    cloud.client("cloudformation").delete_stack(StackName="s")
    assert cloud.client("dynamodb").list_tables()["TableNames"] == []
