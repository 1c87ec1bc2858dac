"""Templates of the Serverless Application Model, in the style of AWS's public samples."""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.conftest import CONSENT, Account, account
from workshop.clock import ManualClock
from workshop.cloud.offline.overlay import apply

CAPABILITIES = [*CONSENT, "CAPABILITY_AUTO_EXPAND"]
HEAD = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: A sample
Parameters:
  Seconds: {Type: Number, Default: 10}
Globals:
  Function:
    Runtime: python3.13
    Handler: index.handler
    Timeout: !Ref Seconds
Resources:
  Table: {Type: AWS::Serverless::SimpleTable}
"""
FUNCTION = """
  Consumer:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: 'def handler(event, context): return 1'
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref Table}
      Events:
        Trigger:
"""
# The trigger → what the template declares besides, and the event of the function.
TRIGGERS = {
    "Kinesis": (
        "{Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}",
        "{Type: Kinesis, Properties: {Stream: !GetAtt Source.Arn, StartingPosition: TRIM_HORIZON}}",
    ),
    "DynamoDB": (
        """{Type: AWS::DynamoDB::Table, Properties: {BillingMode: PAY_PER_REQUEST,
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}],
      KeySchema: [{AttributeName: id, KeyType: HASH}], StreamSpecification: {StreamViewType: NEW_IMAGE}}}""",
        "{Type: DynamoDB, Properties: {Stream: !GetAtt Source.StreamArn, StartingPosition: LATEST}}",
    ),
    "SQS": (
        "{Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 120}}",
        "{Type: SQS, Properties: {Queue: !GetAtt Source.Arn, BatchSize: 5}}",
    ),
    "SNS": ("{Type: AWS::SNS::Topic}", "{Type: SNS, Properties: {Topic: !Ref Source}}"),
    "S3": (
        "{Type: AWS::S3::Bucket}",
        "{Type: S3, Properties: {Bucket: !Ref Source, Events: s3:ObjectCreated:*}}",
    ),
    "Schedule": ("{Type: AWS::SQS::Queue}", "{Type: Schedule, Properties: {Schedule: rate(1 minute)}}"),
    "ScheduleV2": (
        "{Type: AWS::SQS::Queue}",
        "{Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 minute)}}",
    ),
    "EventBridgeRule": (
        "{Type: AWS::Events::EventBus, Properties: {Name: trades}}",
        "{Type: EventBridgeRule, Properties: {EventBusName: !Ref Source, Pattern: {source: [trades]}}}",
    ),
    "CloudWatchLogs": (
        "{Type: AWS::Logs::LogGroup}",
        "{Type: CloudWatchLogs, Properties: {LogGroupName: !Ref Source, FilterPattern: ERROR}}",
    ),
}


@pytest.fixture
def aws(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in the corrected cloud, with AWS's managed policies, which SAM gives to roles."""
    apply(clock)
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    yield from account(monkeypatch, nullcontext())


def template(trigger: str, alias: str = "") -> str:
    """Return a template with one function and the trigger."""
    source, event = TRIGGERS[trigger]
    published = f"      AutoPublishAlias: {alias}\n" if alias else ""
    return f"{HEAD}  Source: {source}{FUNCTION}          {event}\n{published}"


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_template_with_each_trigger_deploys_changes_and_goes(aws: Any, trigger: str) -> None:
    """A function with any trigger that is offered is made, changed in place and deleted with all it needs."""
    before = rest(aws)
    made = aws.create(template(trigger), Capabilities=CAPABILITIES)
    assert made["StackStatus"] == "CREATE_COMPLETE", aws.reason("Consumer") + aws.reason("ConsumerRole")
    names = aws.resources()
    changed = aws.update(template(trigger), Capabilities=CAPABILITIES, parameters={"Seconds": "20"})
    function = aws.client("lambda").get_function_configuration(FunctionName=names["Consumer"])
    after = aws.resources()
    aws.cloudformation.delete_stack(StackName="stack")

    assert made["StackStatus"] == "CREATE_COMPLETE", aws.events(made["StackId"])
    assert changed["StackStatus"] == "UPDATE_COMPLETE"
    assert function["Timeout"] == 20
    assert after == names
    assert aws.stack(made["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert rest(aws) == before


def rest(aws: Any) -> list[Any]:
    """Return what is there of the services that samples use."""
    return [
        aws.client("lambda").list_functions()["Functions"],
        aws.client("lambda").list_event_source_mappings()["EventSourceMappings"],
        aws.client("iam").list_roles()["Roles"],
        aws.client("events").list_rules()["Rules"],
        aws.client("scheduler").list_schedules()["Schedules"],
        aws.client("sns").list_subscriptions()["Subscriptions"],
        aws.client("s3").list_buckets()["Buckets"],
        aws.client("dynamodb").list_tables()["TableNames"],
    ]


def test_an_alias_is_published(aws: Any) -> None:
    """`AutoPublishAlias` makes a version and an alias, and the trigger runs the alias."""
    made = aws.create(template("SQS", "live"), Capabilities=CAPABILITIES)

    mappings = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert made["StackStatus"] == "CREATE_COMPLETE", aws.events()
    assert [mapping["FunctionArn"].rsplit(":", 1)[-1] for mapping in mappings] == ["live"]


def test_a_stack_keeps_both_stages_of_its_template(aws: Any) -> None:
    """GetTemplate gives the text that was submitted, and the template without transform."""
    aws.create(template("SQS"), Capabilities=CAPABILITIES)

    def get(stage: str) -> Any:
        return aws.cloudformation.get_template(StackName="stack", TemplateStage=stage)["TemplateBody"]

    assert get("Original") == template("SQS")
    assert get("Processed")["Resources"]["Consumer"]["Type"] == "AWS::Lambda::Function"
    assert "Transform" not in get("Processed")


def test_change_sets_expand(aws: Any) -> None:
    """A change set lists what the transform makes, without consent to the expansion, and makes it."""
    aws.cloudformation.create_change_set(
        StackName="stack",
        ChangeSetName="change",
        ChangeSetType="CREATE",
        TemplateBody=template("SQS"),
        Capabilities=["CAPABILITY_IAM"],
    )
    described = aws.cloudformation.describe_change_set(StackName="stack", ChangeSetName="change")
    aws.cloudformation.execute_change_set(StackName="stack", ChangeSetName="change")

    types = {change["ResourceChange"]["ResourceType"] for change in described["Changes"]}
    assert "AWS::Lambda::EventSourceMapping" in types
    assert not any(name.startswith("AWS::Serverless::") for name in types)
    assert aws.stack()["StackStatus"] == "CREATE_COMPLETE"


def test_a_transform_needs_consent(aws: Any) -> None:
    """A stack is made from a template with a transform only with the capability for it."""
    refusal = aws.refusal(aws.create, template("SQS"))

    assert refusal == (
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
    )


def test_a_template_says_what_it_needs(aws: Any) -> None:
    """ValidateTemplate and GetTemplateSummary name the transform and the capabilities needed."""
    for call in (aws.cloudformation.validate_template, aws.cloudformation.get_template_summary):
        answer = call(TemplateBody=template("SQS"))
        assert answer["DeclaredTransforms"] == ["AWS::Serverless-2016-10-31"]
        assert answer["Capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        assert answer["Parameters"][0]["DefaultValue"] == "10"


def test_local_code_is_no_obstacle_to_validation(aws: Any) -> None:
    """ValidateTemplate accepts what has not been packaged yet; CreateStack does not."""
    unpackaged = template("SQS").replace(
        "InlineCode: 'def handler(event, context): return 1'", "CodeUri: src/consumer/"
    )

    answer = aws.cloudformation.validate_template(TemplateBody=unpackaged)
    refusal = aws.refusal(aws.create, unpackaged, Capabilities=CAPABILITIES)

    assert answer["Capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    assert "'CodeUri' is not a valid S3 Uri" in refusal[1]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{Type: Api, Properties: {Path: /, Method: get}}", "does not offer events of type Api"),
        ("{Type: HttpApi}", "does not offer events of type HttpApi"),
        ("{Type: SQS, Properties: {}}", "Missing required property 'Queue'"),
    ],
)
def test_what_sam_cannot_make_is_refused(aws: Any, event: str, message: str) -> None:
    """Events that are not offered are refused by name, and SAM's own complaints reach the caller."""
    code, refusal = aws.refusal(aws.create, f"{HEAD}{FUNCTION}          {event}\n", Capabilities=CAPABILITIES)

    assert code == "ValidationError"
    assert message in refusal


APPLICATION = """
Transform: AWS::Serverless-2016-10-31
Resources:
  App: {Type: AWS::Serverless::Application, Properties: {Location: LOCATION}}
"""


def test_an_application_is_a_stack_in_the_stack(aws: Any) -> None:
    """Its template lies in a bucket; what lies in AWS's own repository is refused by name."""
    aws.client("s3").create_bucket(Bucket="templates")
    queue = "Resources: {Queue: {Type: AWS::SQS::Queue}}"
    aws.client("s3").put_object(Bucket="templates", Key="app.yaml", Body=queue.encode())

    found = APPLICATION.replace("LOCATION", "https://s3.amazonaws.com/templates/app.yaml")
    stack = aws.create(found, Capabilities=CAPABILITIES)
    elsewhere = APPLICATION.replace("LOCATION", "{ApplicationId: a, SemanticVersion: 1.0.0}")
    _, refusal = aws.refusal(aws.create, elsewhere, "other", Capabilities=CAPABILITIES)

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert len(aws.client("sqs").list_queues()["QueueUrls"]) == 1
    assert "does not offer applications of the Serverless Application Repository" in refusal


MANAGED = """
Transform: AWS::Serverless-2016-10-31
Resources:
  SamCliSourceBucket:
    Type: AWS::S3::Bucket
    Properties:
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: 'true', BlockPublicPolicy: 'true',
         IgnorePublicAcls: 'true', RestrictPublicBuckets: 'true'}
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: aws:kms}}]
      VersioningConfiguration: {Status: Enabled}
      Tags: [{Key: ManagedStackSource, Value: AwsSamCli}]
  SamCliSourceBucketBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref SamCliSourceBucket
      PolicyDocument:
        Statement:
          - Effect: Allow
            Action: [s3:GetObject]
            Resource: !Sub 'arn:${AWS::Partition}:s3:::${SamCliSourceBucket}/*'
            Principal: {Service: serverlessrepo.amazonaws.com}
            Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
          - Effect: Deny
            Action: ['s3:*']
            Resource: !Sub 'arn:${AWS::Partition}:s3:::${SamCliSourceBucket}/*'
            Principal: '*'
            Condition: {Bool: {aws:SecureTransport: 'false'}}
Outputs:
  SourceBucket: {Value: !Ref SamCliSourceBucket}
"""


def test_the_bucket_that_sam_deploy_makes_for_itself_is_made(aws: Any) -> None:
    """The stack of `sam deploy --resolve-s3` is made; its bucket takes objects, is versioned and private."""
    made = aws.create(MANAGED, Capabilities=CAPABILITIES)
    assert made["StackStatus"] == "CREATE_COMPLETE", aws.reason("SamCliSourceBucket")
    s3, bucket = aws.client("s3"), aws.outputs()["SourceBucket"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")

    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
