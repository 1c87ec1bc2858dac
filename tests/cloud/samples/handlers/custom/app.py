"""A custom resource: one item of a table, answered for with urllib, as samples that bundle nothing do."""

import json
import os
import urllib.request

import boto3
from release import RELEASE

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def answer(event, context, status, **more):
    body = {
        "Status": status,
        "Reason": f"See the details in CloudWatch log stream {context.log_stream_name}",
        "PhysicalResourceId": event.get("PhysicalResourceId", "seed"),
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        **more,
    }
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT")
    request.add_header("Content-Type", "")
    urllib.request.urlopen(request)


def lambda_handler(event, context):
    try:
        identifier = event["ResourceProperties"]["Id"]
        if event["RequestType"] == "Delete":
            table.delete_item(Key={"id": identifier})
        else:
            table.put_item(Item={"id": identifier, "version": os.environ["VERSION"], "release": RELEASE})
        answer(event, context, "SUCCESS", Data={"Id": identifier})
    except Exception as error:
        answer(event, context, "FAILED", Reason=str(error))
        raise
