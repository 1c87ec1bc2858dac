"""Batches of Kinesis records; a table at import, a package of its own, and `batchItemFailures` by hand."""

import logging
import os

import boto3
from parsing import parse
from release import RELEASE

try:
    from aws_xray_sdk.core import patch_all

    patch_all()
except ImportError:
    patch_all = None

logger = logging.getLogger(__name__)
logger.setLevel(os.getenv("LOG_LEVEL", "INFO"))
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def lambda_handler(event, context):
    logger.debug("%s got %d records", context.function_name, len(event["Records"]))
    failures = []
    with table.batch_writer(overwrite_by_pkeys=["id"]) as batch:
        for record in event["Records"]:
            try:
                order = parse(record["kinesis"])
                batch.put_item(Item={**order, "version": os.environ["VERSION"], "release": RELEASE})
            except Exception:
                logger.exception("bad record %s", record["kinesis"]["sequenceNumber"])
                failures.append({"itemIdentifier": record["kinesis"]["sequenceNumber"]})
    return {"batchItemFailures": failures}
