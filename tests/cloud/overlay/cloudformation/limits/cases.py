"""What a service refuses of a caller and of a template: one mistake in each row, in both ways."""

from typing import Any, NamedTuple

KEYED = {"AttributeDefinitions": [{"AttributeName": "Key", "AttributeType": "S"}]}
KEYED |= {"KeySchema": [{"AttributeName": "Key", "KeyType": "HASH"}]}
UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
ON_DEMAND = {"BillingMode": "PAY_PER_REQUEST", **KEYED}
PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS, **KEYED}
RESERVED = "aws: prefixed tag key names are not allowed for external use."
METRIC = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
ALARM = {"AlarmName": "a", "MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60}
ALARM |= {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Threshold": 1}
PARAMETER = {"Name": "p", "Type": "String", "Value": "v"}
ROLE = "arn:aws:iam::123456789012:role/r"
NO_KEY = "arn:aws:kms:us-east-1:123456789012:key/none"
NO_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:none"
TEMPLATE = {"InputPathsMap": {"a": "$.id"}, "InputTemplate": '{"a": <a>'}
BROKEN = {"Id": "t", "Arn": "arn:aws:sqs:us-east-1:123456789012:q", "InputTransformer": TEMPLATE}
PATTERN = "Member must satisfy regular expression pattern: "


def at_most(length: int) -> str:
    return f"Member must have length less than or equal to {length}"


class Case(NamedTuple):
    """A row of `TYPES` with properties that are wrong, the call that is wrong in the same way, and why."""

    name: str
    properties: dict[str, Any]
    operation: str
    parameters: dict[str, Any]
    text: str


def tagged(name: str, operation: str, parameters: dict[str, Any], tags: dict[str, str], text: str) -> Case:
    """Return a case whose property `Tags` is wrong; `parameters` has those of the call as `{}`."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    given: dict[str, Any] = {}
    for key, value in parameters.items():
        given[key] = {"map": tags, "list": listed}.get(value, value) if isinstance(value, str) else value
    return Case(name, {"Tags": listed}, operation, given, text)


def index(name: str = "one", **more: Any) -> dict[str, Any]:
    """Return a global index."""
    keys = [{"AttributeName": "Key", "KeyType": "HASH"}]
    return {"IndexName": name, "KeySchema": keys, "Projection": {"ProjectionType": "ALL"}, **more}


def table(text: str, **properties: Any) -> Case:
    """Return a case of a table, whose properties are the parameters of its call."""
    return Case("Table", properties, "dynamodb.CreateTable", {"TableName": "T", **properties}, text)


def included(count: int, place: int) -> dict[str, Any]:
    names = [f"a{place}{number}" for number in range(count)]
    return {"Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": names}}


FUNCTION = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "i.h", "Role": ROLE, "Code": {}}
MANY = {f"k{number}": "v" for number in range(51)}
OURS = {"aws:mine": "v"}
# What takes tags, and where: as a map or as a list.
TAGGING: dict[str, tuple[str, dict[str, Any]]] = {
    "Bus": ("events.CreateEventBus", {"Name": "b", "Tags": "list"}),
    "Function": ("lambda.CreateFunction", {**FUNCTION, "Tags": "map"}),
    "Group": ("logs.CreateLogGroup", {"logGroupName": "g", "tags": "map"}),
    "Queue": ("sqs.CreateQueue", {"QueueName": "q", "tags": "map"}),
    "Role": ("iam.CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Tags": "list"}),
    "Rule": ("events.PutRule", {"Name": "r", "Tags": "list"}),
    "Schedules": ("scheduler.CreateScheduleGroup", {"Name": "g", "Tags": "list"}),
    "Stream": ("kinesis.CreateStream", {"StreamName": "s", "ShardCount": 1, "Tags": "map"}),
    "Table": ("dynamodb.CreateTable", {"TableName": "t", **ON_DEMAND, "Tags": "list"}),
    "Topic": ("sns.CreateTopic", {"Name": "t", "Tags": "list"}),
}
CASES = {
    **{
        f"{name}: 51 tags": tagged(name, operation, parameters, MANY, "")
        for name, (operation, parameters) in TAGGING.items()
    },
    **{
        f"{name}: a tag of AWS": tagged(name, operation, parameters, OURS, "")
        for name, (operation, parameters) in TAGGING.items()
    },
    "Stream: a long tag": tagged(
        "Stream",
        "kinesis.CreateStream",
        {"StreamName": "s", "ShardCount": 1, "Tags": "map"},
        {"k": "v" * 257},
        at_most(256),
    ),
    "Function: a long tag": tagged(
        "Function", "lambda.CreateFunction", {**FUNCTION, "Tags": "map"}, {"k" * 129: "v"}, at_most(128)
    ),
    "Parameter: 4097 characters": Case(
        "Parameter",
        {"Value": "v" * 4097},
        "ssm.PutParameter",
        {**PARAMETER, "Value": "v" * 4097},
        "Standard tier parameters support a maximum parameter value of 4096 characters.",
    ),
    "Parameter: a long name": Case(
        "Parameter",
        {"Name": "p" * 2049},
        "ssm.PutParameter",
        {**PARAMETER, "Name": "p" * 2049},
        at_most(2048),
    ),
    "Parameter: a reserved name": Case(
        "Parameter",
        {"Name": "aws-p"},
        "ssm.PutParameter",
        {**PARAMETER, "Name": "aws-p"},
        "can't be prefixed",
    ),
    "Parameter: another pattern": Case(
        "Parameter",
        {"AllowedPattern": "[0-9]+"},
        "ssm.PutParameter",
        {**PARAMETER, "AllowedPattern": "[0-9]+"},
        "Parameter value, cannot be validated against allowedPattern: [0-9]+",
    ),
    "Parameter: no such type": Case(
        "Parameter", {"Type": "Text"}, "ssm.PutParameter", {**PARAMETER, "Type": "Text"}, ""
    ),
    "Parameter: no such tier": Case(
        "Parameter", {"Tier": "Best"}, "ssm.PutParameter", {**PARAMETER, "Tier": "Best"}, ""
    ),
    "Parameter: a tag of AWS": Case(
        "Parameter",
        {"Tags": OURS},
        "ssm.PutParameter",
        {**PARAMETER, "Tags": [{"Key": "aws:mine", "Value": "v"}]},
        RESERVED,
    ),
    "Metric: a name of control characters": Case(
        "Metric",
        {"MetricTransformations": [{"MetricName": "m:*", "MetricNamespace": "n", "MetricValue": "1"}]},
        "logs.PutMetricFilter",
        {
            "logGroupName": "g",
            "filterName": "f",
            "filterPattern": "",
            "metricTransformations": [{**METRIC, "metricName": "m:*"}],
        },
        PATTERN,
    ),
    "Metric: dimensions beside a default": Case(
        "Metric",
        {
            "MetricTransformations": [
                {
                    "MetricName": "m",
                    "MetricNamespace": "n",
                    "MetricValue": "1",
                    "DefaultValue": 0,
                    "Dimensions": [{"Key": "k", "Value": "$.k"}],
                }
            ]
        },
        "logs.PutMetricFilter",
        {
            "logGroupName": "g",
            "filterName": "f",
            "filterPattern": "",
            "metricTransformations": [{**METRIC, "defaultValue": 0, "dimensions": {"k": "$.k"}}],
        },
        "Invalid metric transformation: dimensions and default value are mutually exclusive properties.",
    ),
    "Group: a key that is not there": Case(
        "Group",
        {"KmsKeyId": NO_KEY},
        "logs.CreateLogGroup",
        {"logGroupName": "/g", "kmsKeyId": NO_KEY},
        "The specified KMS key does not exist or is not allowed to be used",
    ),
    "Inner: a tag of AWS": Case(
        "Inner",
        {"Tags": [{"Key": "aws:mine", "Value": "v"}]},
        "cloudformation.CreateStack",
        {"StackName": "s", "TemplateBody": "{}", "Tags": [{"Key": "aws:mine", "Value": "v"}]},
        RESERVED,
    ),
    "Dashboard: no JSON": Case(
        "Dashboard",
        {"DashboardBody": "{"},
        "cloudwatch.PutDashboard",
        {"DashboardName": "d", "DashboardBody": "{"},
        "must be a valid JSON object",
    ),
    "Dashboard: widgets that are none": Case(
        "Dashboard",
        {"DashboardBody": '{"widgets": "x"}'},
        "cloudwatch.PutDashboard",
        {"DashboardName": "d", "DashboardBody": '{"widgets": "x"}'},
        "The dashboard body is invalid, there are 1 validation errors",
    ),
    "Alarm: an action that is none": Case(
        "Alarm",
        {"AlarmActions": ["nowhere"]},
        "cloudwatch.PutMetricAlarm",
        {**ALARM, "AlarmActions": ["nowhere"]},
        "Invalid arn syntax: nowhere",
    ),
    "Metric: a value that is none": Case(
        "Metric",
        {"MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "count"}]},
        "logs.PutMetricFilter",
        {
            "logGroupName": "g",
            "filterName": "f",
            "filterPattern": "",
            "metricTransformations": [{**METRIC, "metricValue": "count"}],
        },
        "metricValue must be a number or a selector",
    ),
    "CryptoAlias: no prefix": Case(
        "CryptoAlias",
        {"AliasName": "a"},
        "kms.CreateAlias",
        {"AliasName": "a", "TargetKeyId": "k"},
        "Invalid identifier",
    ),
    "CryptoAlias: AWS's own": Case(
        "CryptoAlias",
        {"AliasName": "alias/aws/s3"},
        "kms.CreateAlias",
        {"AliasName": "alias/aws/s3", "TargetKeyId": "k"},
        "",
    ),
    "CryptoAlias: another of AWS's own": Case(
        "CryptoAlias",
        {"AliasName": "alias/aws/x"},
        "kms.CreateAlias",
        {"AliasName": "alias/aws/x", "TargetKeyId": "k"},
        "",
    ),
    "CryptoAlias: characters": Case(
        "CryptoAlias",
        {"AliasName": "alias/a b"},
        "kms.CreateAlias",
        {"AliasName": "alias/a b", "TargetKeyId": "k"},
        PATTERN,
    ),
    "CryptoKey: a long description": Case(
        "CryptoKey", {"Description": "d" * 8193}, "kms.CreateKey", {"Description": "d" * 8193}, at_most(8192)
    ),
    "Stream: characters": Case(
        "Stream",
        {"Name": "a b"},
        "kinesis.CreateStream",
        {"StreamName": "a b", "ShardCount": 1},
        PATTERN + "[a-zA-Z0-9_.-]+",
    ),
    "Consumer: characters": Case(
        "Consumer",
        {"ConsumerName": "a b"},
        "kinesis.RegisterStreamConsumer",
        {"StreamARN": "arn:aws:kinesis:us-east-1:123456789012:stream/s", "ConsumerName": "a b"},
        PATTERN,
    ),
    "Role: characters": Case(
        "Role",
        {"RoleName": "a b"},
        "iam.CreateRole",
        {"RoleName": "a b", "AssumeRolePolicyDocument": "{}"},
        PATTERN,
    ),
    "Role: characters of an inline policy": Case(
        "Role",
        {"Policies": [{"PolicyName": "a b", "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}]},
        "iam.PutRolePolicy",
        {"RoleName": "r", "PolicyName": "a b", "PolicyDocument": "{}"},
        PATTERN,
    ),
    "Role: hours": Case(
        "Role",
        {"MaxSessionDuration": 60},
        "iam.CreateRole",
        {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "MaxSessionDuration": 60},
        "Member must have value greater than or equal to 3600",
    ),
    "User: characters": Case("User", {"UserName": "a b"}, "iam.CreateUser", {"UserName": "a b"}, PATTERN),
    "Managed: characters": Case(
        "Managed",
        {"ManagedPolicyName": "a b"},
        "iam.CreatePolicy",
        {"PolicyName": "a b", "PolicyDocument": "{}"},
        PATTERN,
    ),
    "Policy: characters": Case(
        "Policy",
        {"PolicyName": "a b"},
        "iam.PutRolePolicy",
        {"RoleName": "r", "PolicyName": "a b", "PolicyDocument": "{}"},
        PATTERN,
    ),
    "Profile: characters": Case(
        "Profile",
        {"InstanceProfileName": "a b"},
        "iam.CreateInstanceProfile",
        {"InstanceProfileName": "a b"},
        PATTERN,
    ),
    "Function: characters": Case(
        "Function",
        {"FunctionName": "a b"},
        "lambda.CreateFunction",
        {**FUNCTION, "FunctionName": "a b"},
        PATTERN,
    ),
    "Function: a handler with blanks": Case(
        "Function", {"Handler": "a b"}, "lambda.CreateFunction", {**FUNCTION, "Handler": "a b"}, PATTERN
    ),
    "Function: a role that is none": Case(
        "Function", {"Role": "nobody"}, "lambda.CreateFunction", {**FUNCTION, "Role": "nobody"}, PATTERN
    ),
    "Alias: characters": Case(
        "Alias",
        {"Name": "a b"},
        "lambda.CreateAlias",
        {"FunctionName": "f", "FunctionVersion": "1", "Name": "a b"},
        PATTERN,
    ),
    "Layer: a long description": Case(
        "Layer",
        {"Description": "d" * 257},
        "lambda.PublishLayerVersion",
        {"LayerName": "l", "Content": {}, "Description": "d" * 257},
        at_most(256),
    ),
    "Permission: no action": Case(
        "Permission",
        {"Action": "invoke"},
        "lambda.AddPermission",
        {"FunctionName": "f", "StatementId": "s", "Principal": "*", "Action": "invoke"},
        PATTERN,
    ),
    "Group: characters": Case(
        "Group", {"LogGroupName": "a b"}, "logs.CreateLogGroup", {"logGroupName": "a b"}, PATTERN
    ),
    "Subscribed: characters": Case(
        "Subscribed",
        {"FilterName": "a:b"},
        "logs.PutSubscriptionFilter",
        {"logGroupName": "g", "filterName": "a:b", "filterPattern": "", "destinationArn": "arn:a:b:c:d:e"},
        PATTERN,
    ),
    "Rule: characters": Case("Rule", {"Name": "a b"}, "events.PutRule", {"Name": "a b"}, PATTERN),
    "Rule: characters of a target": Case(
        "Rule",
        {"Targets": [{"Id": "a b", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]},
        "events.PutTargets",
        {"Rule": "r", "Targets": [{"Id": "a b", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}]},
        PATTERN,
    ),
    "Bus: characters": Case("Bus", {"Name": "a b"}, "events.CreateEventBus", {"Name": "a b"}, PATTERN),
    "BusPolicy: characters": Case(
        "BusPolicy",
        {"StatementId": "a b"},
        "events.PutPermission",
        {"Action": "events:PutEvents", "Principal": "*", "StatementId": "a b"},
        PATTERN,
    ),
    "Schedule: characters": Case(
        "Schedule",
        {"Name": "a b"},
        "scheduler.CreateSchedule",
        {
            "Name": "a b",
            "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": ROLE},
        },
        PATTERN,
    ),
    "Schedules: characters": Case(
        "Schedules", {"Name": "a b"}, "scheduler.CreateScheduleGroup", {"Name": "a b"}, PATTERN
    ),
    "Alarm: a long namespace": Case(
        "Alarm",
        {"Namespace": "n" * 256},
        "cloudwatch.PutMetricAlarm",
        {**ALARM, "Namespace": "n" * 256},
        at_most(255),
    ),
    "Alarm: a namespace that begins with a colon": Case(
        "Alarm",
        {"Namespace": ":n"},
        "cloudwatch.PutMetricAlarm",
        {
            "AlarmName": "a",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Namespace": ":n",
        },
        PATTERN,
    ),
    "Rule: a template that is no JSON": Case(
        "Rule",
        {"Targets": [BROKEN]},
        "events.PutTargets",
        {"Rule": "r", "Targets": [BROKEN]},
        "Invalid InputTemplate for target t : it is no JSON.",
    ),
    "Subscribed: a function by a role": Case(
        "Subscribed",
        {"DestinationArn": NO_FUNCTION, "RoleArn": ROLE},
        "logs.PutSubscriptionFilter",
        {
            "logGroupName": "g",
            "filterName": "f",
            "filterPattern": "",
            "destinationArn": NO_FUNCTION,
            "roleArn": ROLE,
        },
        "destinationArn for vendor lambda cannot be used with roleArn",
    ),
    "Queue: a permission that is none": Case(
        "Queue",
        {"RedriveAllowPolicy": {"redrivePermission": "maybe"}},
        "sqs.CreateQueue",
        {"QueueName": "q", "Attributes": {"RedriveAllowPolicy": '{"redrivePermission": "maybe"}'}},
        "RedriveAllowPolicy",
    ),
    "Queue: characters": Case("Queue", {"QueueName": "a b"}, "sqs.CreateQueue", {"QueueName": "a b"}, ""),
    "Topic: characters": Case("Topic", {"TopicName": "a b"}, "sns.CreateTopic", {"Name": "a b"}, ""),
    "Bucket: characters": Case("Bucket", {"BucketName": "A_b"}, "s3.CreateBucket", {"Bucket": "A_b"}, ""),
    "Queue: a long name": Case(
        "Queue", {"QueueName": "q" * 81}, "sqs.CreateQueue", {"QueueName": "q" * 81}, ""
    ),
    "BusPolicy: another action": Case(
        "BusPolicy",
        {"Action": "events:PutRule"},
        "events.PutPermission",
        {"Action": "events:PutRule", "Principal": "*", "StatementId": "s"},
        "Provided value in parameter 'action' is not supported.",
    ),
    "BucketPolicy: no JSON": Case(
        "BucketPolicy",
        {"PolicyDocument": "no"},
        "s3.PutBucketPolicy",
        {"Bucket": "bucket", "Policy": "no"},
        "Policies must be valid JSON and the first byte must be '{'",
    ),
    "LogPolicy: no JSON": Case(
        "LogPolicy",
        {"PolicyDocument": "no"},
        "logs.PutResourcePolicy",
        {"policyName": "p", "policyDocument": "no"},
        "Error occurred while parsing accessPolicy.",
    ),
    "BusPolicy: no JSON": Case(
        "BusPolicy",
        {"Statement": "no", "Action": {"Ref": "AWS::NoValue"}, "Principal": {"Ref": "AWS::NoValue"}},
        "events.PutPermission",
        {"Policy": "no"},
        "",
    ),
    "Function: no runtime": Case(
        "Function",
        {"Runtime": ""},
        "lambda.CreateFunction",
        {**FUNCTION, "Runtime": ""},
        "at 'runtime' failed to satisfy constraint: Member must satisfy enum value set",
    ),
    "Schedule: no such group": Case(
        "Schedule",
        {"GroupName": "none"},
        "scheduler.CreateSchedule",
        {
            "Name": "s",
            "GroupName": "none",
            "ScheduleExpression": "rate(1 day)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": ROLE},
        },
        "Schedule group none does not exist.",
    ),
    "Mapping: a filter that is none": Case(
        "Mapping",
        {"FilterCriteria": {"Filters": [{"Pattern": "p" * 4097}]}},
        "lambda.CreateEventSourceMapping",
        {"FunctionName": "f", "FilterCriteria": {"Filters": [{"Pattern": "p" * 4097}]}},
        at_most(4096),
    ),
    "Table: characters": Case(
        "Table",
        {**ON_DEMAND, "TableName": "a b"},
        "dynamodb.CreateTable",
        {**ON_DEMAND, "TableName": "a b"},
        PATTERN,
    ),
    "Table: capacity of a table on demand": table("", **{**ON_DEMAND, "ProvisionedThroughput": UNITS}),
    "Table: no capacity": table(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        **{**KEYED, "BillingMode": "PROVISIONED"},
    ),
    "Table: capacity of an index on demand": table(
        "ProvisionedThroughput should not be specified for index: one when BillingMode is PAY_PER_REQUEST",
        **ON_DEMAND,
        GlobalSecondaryIndexes=[index(ProvisionedThroughput=UNITS)],
    ),
    "Table: no capacity of an index": table(
        "ProvisionedThroughput is not specified for index: one",
        **PROVISIONED,
        GlobalSecondaryIndexes=[index()],
    ),
    "Table: 21 indexes": table(
        "count exceeds the per-table limit of 20",
        **ON_DEMAND,
        GlobalSecondaryIndexes=[index(f"i{number}00") for number in range(21)],
    ),
    "Table: 101 projected attributes": table(
        "100",
        **ON_DEMAND,
        GlobalSecondaryIndexes=[
            index(f"i{place}00", **included(count, place)) for place, count in enumerate((20,) * 5 + (1,))
        ],
    ),
    "Table: two hash keys": table(
        "Invalid KeySchema",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in "ab"],
        KeySchema=[{"AttributeName": name, "KeyType": "HASH"} for name in "ab"],
    ),
    "Table: an index of no projection": table(
        "Unknown ProjectionType: null", **ON_DEMAND, GlobalSecondaryIndexes=[index(Projection={})]
    ),
    "Table: limits without demand": table(
        "can only be specified when BillingMode is PAY_PER_REQUEST",
        **PROVISIONED,
        OnDemandThroughput={"MaxReadRequestUnits": 1},
    ),
}
