"""Members of requests that have no effect here, and that no answer would show: they are refused by name.

Templates can be warned of such properties, callers of the API cannot: a message filter that lets everything
through, a policy that protects nothing, or a list that is not narrowed, would be believed in.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from workshop.cloud.offline.request_models.wording import ModelError
from workshop.settings import ACCOUNT_ID

__all__ = ["INVALID", "REFUSED", "refused_member"]

INVALID: Mapping[str, str] = {
    "cloudformation": "ValidationError",
    "cloudwatch": "InvalidParameterValue",
    "dynamodb": "ValidationException",
    "dynamodbstreams": "ValidationException",
    "events": "ValidationException",
    "iam": "InvalidInput",
    "kinesis": "InvalidArgumentException",
    "lambda": "InvalidParameterValueException",
    "logs": "InvalidParameterException",
    "s3": "InvalidArgument",
    "scheduler": "ValidationException",
    "sns": "InvalidParameter",
    "sqs": "InvalidAttributeValue",
    "ssm": "ValidationException",
    "sts": "ValidationError",
}
IN_LOGS = {"applyOnTransformedLogs": False, "fieldSelectionCriteria": ""}
IN_QUEUES = {"Attributes.RedriveAllowPolicy": '{"redrivePermission":"allowAll"}'}
IN_TOPICS = {
    "ArchivePolicy": "{}",
    "FifoThroughputScope": "Topic",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
    **{
        f"{protocol}{setting}": ""
        for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
        for setting in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
    },
}
# A policy of the account is not that of one resource, and has one revision.
OF_A_RESOURCE = {"expectedRevisionId": "", "resourceArn": ""}
NO_LIMITS = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
# What a table would be restored with instead of what it had.
OTHERWISE = {
    "BillingModeOverride": "",
    "GlobalSecondaryIndexOverride": [],
    "LocalSecondaryIndexOverride": [],
    "OnDemandThroughputOverride": {},
    "ProvisionedThroughputOverride": {},
    "SSESpecificationOverride": {},
    "VectorIndexOverride": [],
}
OTHER_CODE = {"ImageUri": "", "S3ObjectStorageMode": "COPY", "S3ObjectVersion": "", "SourceKMSKeyArn": ""}
ONLY_SELF = {"CallAs": "SELF"}
# By service and operation: the members, at any depth, and the value of each that changes nothing.
REFUSED: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("cloudformation", "DescribeStackInstance"): ONLY_SELF,
    ("cloudformation", "DescribeStackSet"): ONLY_SELF,
    ("cloudformation", "DescribeStackSetOperation"): ONLY_SELF,
    ("cloudformation", "GetTemplate"): {"ChangeSetName": ""},
    ("cloudformation", "GetTemplateSummary"): {**ONLY_SELF, "StackSetName": ""},
    ("cloudformation", "ListStackInstances"): {
        **ONLY_SELF,
        "Filters": [],
        "StackInstanceAccount": "",
        "StackInstanceRegion": "",
    },
    ("cloudformation", "ListStackSetOperationResults"): {**ONLY_SELF, "Filters": []},
    ("cloudformation", "ListStackSetOperations"): ONLY_SELF,
    ("cloudformation", "ListStackSets"): {**ONLY_SELF, "Status": "ACTIVE"},
    ("cloudwatch", "DescribeAlarms"): {"ChildrenOfAlarmName": "", "ParentsOfAlarmName": ""},
    ("cloudwatch", "GetMetricData"): {"LabelOptions": {}},
    ("cloudwatch", "ListMetrics"): {
        "IncludeLinkedAccounts": False,
        "OwningAccount": "",
        "RecentlyActive": "",
    },
    ("cloudwatch", "PutDashboard"): {"Tags": []},
    ("cloudwatch", "PutInsightRule"): {"ApplyOnTransformedLogs": False},
    ("cloudwatch", "PutMetricAlarm"): {
        "ActionConfiguration": {},
        "EvaluationCriteria": {},
        "EvaluationInterval": None,
        "EvaluationWindow": "",
        "WarmUpConfiguration": {},
    },
    ("cloudwatch", "PutMetricData"): {"EntityMetricData": []},
    ("dynamodb", "CreateTable"): {
        **{f"GlobalSecondaryIndexes.OnDemandThroughput.{name}": usual for name, usual in NO_LIMITS.items()},
        "GlobalTableSourceArn": "",
        "ResourcePolicy": "",
        "TableClass": "STANDARD",
        "VectorIndexes": [],
    },
    ("dynamodb", "ExportTableToPointInTime"): {
        "ExportTime": None,
        "FilterSpecification": {},
        "IncrementalExportSpecification": {},
    },
    ("dynamodb", "ImportTable"): {"InputFormatOptions": {}},
    ("dynamodb", "ListBackups"): {
        "BackupType": "USER",
        "TimeRangeLowerBound": None,
        "TimeRangeUpperBound": None,
    },
    ("dynamodb", "RestoreTableFromBackup"): OTHERWISE,
    ("dynamodb", "RestoreTableToPointInTime"): {**OTHERWISE, "RestoreDateTime": None, "SourceTableArn": ""},
    ("dynamodb", "UpdateTable"): {
        "DisassociationProtectionEnabled": False,
        **{
            f"GlobalSecondaryIndexUpdates.{action}.OnDemandThroughput.{name}": usual
            for action in ("Create", "Update")
            for name, usual in NO_LIMITS.items()
        },
        "GlobalTableWitnessUpdates": [],
        "ReplicaUpdates": [],
        "SSESpecification": {},
        "TableClass": "STANDARD",
        "VectorIndexUpdates": [],
    },
    ("dynamodbstreams", "DescribeStream"): {"ShardFilter": {}},
    ("dynamodbstreams", "GetShardIterator"): {"Timestamp": None},
    ("events", "CreateArchive"): {"KmsKeyIdentifier": ""},
    ("events", "CreateConnection"): {"InvocationConnectivityParameters": {}, "KmsKeyIdentifier": ""},
    ("events", "CreateEventBus"): {"LogConfig": {"Level": "OFF"}},
    ("events", "PutEvents"): {"EndpointId": ""},
    ("events", "UpdateArchive"): {"KmsKeyIdentifier": ""},
    ("events", "UpdateConnection"): {"InvocationConnectivityParameters": {}, "KmsKeyIdentifier": ""},
    ("iam", "CreateUser"): {"PermissionsBoundary": ""},
    ("iam", "ListEntitiesForPolicy"): {"PolicyUsageFilter": "PermissionsPolicy"},
    ("iam", "ListPolicies"): {"PolicyUsageFilter": "PermissionsPolicy"},
    ("kinesis", "CreateStream"): {"RecordDistributionStrategy": "USER_PARTITION_KEY"},
    ("kinesis", "GetRecords"): {"DryRun": False},
    ("kinesis", "GetShardIterator"): {"DryRun": False},
    ("kinesis", "PutRecord"): {"DryRun": False},
    ("kinesis", "PutRecords"): {"DryRun": False},
    ("kinesis", "RegisterStreamConsumer"): {"Tags": {}},
    ("kinesis", "UpdateStreamMode"): {"WarmThroughputMiBps": None},
    ("lambda", "CreateEventSourceMapping"): {"LoggingConfig": {}},
    ("lambda", "AddLayerVersionPermission"): {"OrganizationId": ""},
    ("lambda", "AddPermission"): {"FunctionUrlAuthType": "", "InvokedViaFunctionUrl": False},
    ("lambda", "CreateFunction"): {
        **{f"Code.{name}": usual for name, usual in OTHER_CODE.items()},
        "AcceleratorConfig": {},
        "CodeSigningConfigArn": "",
        "PublishTo": "",
        "RuntimeConfig": {},
    },
    ("lambda", "Invoke"): {"DurableExecutionName": "", "TenantId": ""},
    ("lambda", "ListFunctions"): {"MasterRegion": ""},
    ("lambda", "PublishLayerVersion"): {"Content.S3ObjectStorageMode": "COPY", "Content.S3ObjectVersion": ""},
    ("lambda", "PublishVersion"): {"PublishTo": ""},
    ("lambda", "UpdateEventSourceMapping"): {"LoggingConfig": {}},
    ("lambda", "UpdateFunctionCode"): {**OTHER_CODE, "PublishTo": ""},
    ("lambda", "UpdateFunctionConfiguration"): {"AcceleratorConfig": {}, "RuntimeConfig": {}},
    ("logs", "CreateExportTask"): {"logStreamNamePrefix": ""},
    ("logs", "CreateLogGroup"): {"deletionProtectionEnabled": False, "logGroupClass": "STANDARD"},
    ("logs", "DeleteResourcePolicy"): OF_A_RESOURCE,
    ("logs", "DescribeDeliveries"): {"deliverySourceNames": []},
    ("logs", "DescribeDeliveryDestinations"): {"names": []},
    ("logs", "DescribeDeliverySources"): {"resourceArns": []},
    ("logs", "DescribeExportTasks"): {"statusCode": ""},
    ("logs", "DescribeLogGroups"): {"accountIdentifiers": [], "includeLinkedAccounts": False},
    ("logs", "DescribeQueries"): {"queryLanguage": "CWLI"},
    ("logs", "DescribeResourcePolicies"): {"policyScope": "ACCOUNT", "resourceArn": ""},
    ("logs", "FilterLogEvents"): {"startFromHead": True},
    ("logs", "PutDeliveryDestination"): {"roleArn": ""},
    ("logs", "PutDeliverySource"): {"deliverySourceConfiguration": {}},
    ("logs", "PutMetricFilter"): {**IN_LOGS, "emitSystemFieldDimensions": []},
    ("logs", "PutResourcePolicy"): OF_A_RESOURCE,
    ("logs", "PutSubscriptionFilter"): {**IN_LOGS, "emitSystemFields": []},
    ("logs", "StartQuery"): {"queryLanguage": "CWLI"},
    ("s3", "ListMultipartUploads"): {
        "Delimiter": "",
        "EncodingType": "",
        "KeyMarker": "",
        "MaxUploads": 1000,
        "Prefix": "",
        "UploadIdMarker": "",
    },
    ("s3", "ListObjectVersions"): {"OptionalObjectAttributes": []},
    ("s3", "ListObjects"): {"OptionalObjectAttributes": []},
    ("s3", "ListObjectsV2"): {"OptionalObjectAttributes": []},
    ("sns", "CreateTopic"): {
        **{f"Attributes.{name}": usual for name, usual in IN_TOPICS.items()},
        "DataProtectionPolicy": "{}",
    },
    ("sns", "SetTopicAttributes"): IN_TOPICS,
    ("sqs", "CreateQueue"): IN_QUEUES,
    ("sqs", "GetQueueUrl"): {"QueueOwnerAWSAccountId": ACCOUNT_ID},
    ("sqs", "SetQueueAttributes"): IN_QUEUES,
    ("ssm", "DescribeParameters"): {"Shared": False},
    ("ssm", "ListCommands"): {"Filters": []},
    ("sts", "AssumeRole"): {
        "ProvidedContexts": [],
        "SourceIdentity": "",
        "Tags": [],
        "TransitiveTagKeys": [],
    },
    ("sts", "AssumeRoleWithSAML"): {"DurationSeconds": 3600, "PolicyArns": []},
    ("sts", "AssumeRoleWithWebIdentity"): {"PolicyArns": [], "ProviderId": ""},
    ("sts", "GetFederationToken"): {"PolicyArns": [], "Tags": []},
}


def refused_member(service: str, operation: str, parameters: Mapping[str, Any]) -> ModelError | None:
    """Return the error for the first member of a request that would have no effect, None without one."""
    # An operation that sets one attribute names it by a value.
    if "AttributeName" in parameters:
        parameters = {str(parameters["AttributeName"]): parameters.get("AttributeValue")}
    for path, usual in REFUSED.get((service, operation), {}).items():
        taken = _read(usual)
        given = _values(parameters, path.split("."))
        if any(value != taken and not _is_nothing(value, taken) for value in given):
            text = f"The offline cloud does not offer {path} of {operation}; see docs/offline-cloud.md"
            return ModelError(INVALID[service], text)
    return None


def _is_nothing(value: Any, usual: Any) -> bool:
    """Return whether a member is not asked for by naming it; the number 0 asks for itself."""
    if value is False:
        return usual is not True
    return value is None or (not isinstance(value, int | float) and not value)


def _values(given: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what is found at a path; it leads through lists without naming them."""
    if isinstance(given, list):
        for each in given:
            yield from _values(each, path)
    elif not path:
        yield _read(given)
    elif isinstance(given, Mapping):
        yield from _values(given.get(path[0]), path[1:])


def _read(value: Any) -> Any:
    """Return what a document in JSON says, however it is written; other values as they are."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value
