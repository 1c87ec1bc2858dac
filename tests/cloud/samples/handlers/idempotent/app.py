"""Orders that come twice are done once, each message under Powertools' idempotency."""

import os

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from release import RELEASE

logger = Logger()
metrics = Metrics(namespace="Samples")
processor = BatchProcessor(event_type=EventType.SQS)
config = IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=3600)
layer = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


@idempotent_function(data_keyword_argument="order", persistence_store=layer, config=config)
def do(order: dict):
    table.update_item(
        Key={"id": order["id"]},
        UpdateExpression="SET version = :v, #r = :r ADD times :one",
        ExpressionAttributeNames={"#r": "release"},
        ExpressionAttributeValues={":v": os.environ["VERSION"], ":r": RELEASE, ":one": 1},
    )
    metrics.add_metric(name="Orders", unit=MetricUnit.Count, value=1)


def record_handler(record: SQSRecord):
    do(order=record.json_body)


@metrics.log_metrics(capture_cold_start_metric=True)
@logger.inject_lambda_context(correlation_id_path="Records[0].messageId")
def lambda_handler(event, context):
    config.register_lambda_context(context)
    return process_partial_response(event, record_handler, processor, context)
