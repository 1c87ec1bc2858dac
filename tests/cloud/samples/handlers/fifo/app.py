"""Messages in order, by Powertools' processor for such queues, with the event source's data class."""

import os

import boto3
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from release import RELEASE

processor = SqsFifoPartialProcessor()
dynamodb = boto3.resource("dynamodb")


def record_handler(record: SQSRecord):
    order = record.json_body
    assert record.attributes.message_group_id == "orders"
    item = {"id": order["id"], "version": os.environ["VERSION"], "release": RELEASE}
    dynamodb.Table(os.environ["TABLE_NAME"]).put_item(Item=item)


def lambda_handler(event, context):
    return process_partial_response(event, record_handler, processor, context)
