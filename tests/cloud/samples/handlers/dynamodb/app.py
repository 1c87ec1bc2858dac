"""Changes of a table, read with Powertools' data classes and batch processor."""

import os

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from release import RELEASE

logger = Logger(service="changes")
processor = BatchProcessor(event_type=EventType.DynamoDBStreams)
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def record_handler(record: DynamoDBRecord):
    image = record.dynamodb.new_image
    logger.info("change", extra={"keys": record.dynamodb.keys})
    table.put_item(Item={"id": image["id"], "version": os.environ["VERSION"], "release": RELEASE})


@logger.inject_lambda_context(log_event=True)
def lambda_handler(event, context):
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
