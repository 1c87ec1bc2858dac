"""Emptying a laboratory: the data goes, the resources stay. Much faster than deploying again.

What is left is as after a deployment: empty tables and streams whose sequence numbers begin anew, mappings
that have read nothing, no logs, no metrics. Random numbers go on: were they to begin anew, what is deployed
later would get the names and UUIDs of what is there.
"""

from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.kinesis.models import kinesis_backends
from moto.logs.models import logs_backends
from moto.sqs.models import sqs_backends
from moto.sts.models import sts_backends

from workshop.cloud.offline.overlay.cloudwatch import sums
from workshop.cloud.offline.runtime.event_sources.mapping_worker import NO_RECORDS, current_mappings

__all__ = ["forget_data"]


def forget_data() -> None:
    """Empty everything that holds data, in all accounts and regions; the caller holds the lock."""
    for backend in _all(dynamodb_backends):
        _empty_tables(backend)
    for backend in _all(kinesis_backends):
        _empty_streams(backend)
    for backend in _all(sqs_backends):
        _purge_queues(backend)
    for backend in _all(logs_backends):
        _empty_logs(backend)
    for backend in _all(cloudwatch_backends):
        sums.forget(backend)
        # Sums of the minute that is under way, each of a metric that is gone.
        vars(backend).pop("kinesis_metrics", None)
    for backend in _all(sts_backends):
        backend.assumed_roles.clear()
    for mapping in current_mappings():
        vars(mapping).pop("pollers", None)
        vars(mapping).get("progress", {}).clear()
        mapping.last_processing_result = NO_RECORDS


def _empty_tables(backend: Any) -> None:
    vars(backend).pop("request_tokens", None)
    for table in backend.tables.values():
        table.items.clear()
        if table.stream_shard is not None:
            table.stream_shard.items.clear()


def _empty_streams(backend: Any) -> None:
    for stream in backend.streams.values():
        for shard in stream.shards.values():
            shard.records.clear()


def _purge_queues(backend: Any) -> None:
    for queue in backend.queues.values():
        queue._messages.clear()  # noqa: SLF001 # a purge is allowed once a minute only
        queue.last_purged_at = None
        queue.pending_messages.clear()
        vars(queue).pop("sent_ids", None)


def _empty_logs(backend: Any) -> None:
    for group in backend.groups.values():
        group.streams.clear()


def _all(backends: Any) -> list[Any]:
    return [backend for _, _, backend in backends.iter_backends()]
