"""Uploads, read back from the bucket, through a file in /tmp."""

import json
import os
import tempfile
from pathlib import Path
from urllib.parse import unquote_plus

import boto3
from aws_lambda_powertools.utilities.data_classes import S3Event, event_source
from release import RELEASE

s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


@event_source(data_class=S3Event)
def lambda_handler(event: S3Event, context):
    for record in event.records:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "order.json"
            s3.download_file(event.bucket_name, unquote_plus(record.s3.get_object.key), str(path))
            order = json.loads(path.read_text())
        table.put_item(Item={"id": order["id"], "version": os.environ["VERSION"], "release": RELEASE})
