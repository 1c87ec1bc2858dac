"""What people do to a deployed pipeline without CloudFormation."""

import json

from workshop.cloud.connection import Cloud

ANY_TABLE = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}]}
)


def role_of(cloud: Cloud, function: str) -> str:
    """Return the name of a function's role."""
    configuration = cloud.client("lambda").get_function_configuration(FunctionName=function)
    return str(configuration["Role"]).rpartition("/")[2]


def connect_reduce(cloud: Cloud, outputs: dict[str, str], *, policy: str) -> None:
    """Connect ReduceLambda with ReduceTable: a policy of this name for its role, and a mapping."""
    name = outputs["ReduceLambdaName"]
    cloud.client("iam").put_role_policy(
        RoleName=role_of(cloud, name), PolicyName=policy, PolicyDocument=ANY_TABLE
    )
    table = cloud.client("dynamodb").describe_table(TableName=outputs["ReduceTableName"])["Table"]
    cloud.client("lambda").create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"], FunctionName=name, StartingPosition="TRIM_HORIZON"
    )
