"""Kinesis API calls: descriptions, metrics, and the cost of parsing a request.

AWS: DescribeStream returns the stream's mode. Source:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStream.html

moto omits the mode, parses the JSON of a request once for each parameter, and stores two CloudWatch data
points for each put. Changed: the two metrics of a put are summed up per stream and minute, which is how AWS
reports them.
"""

import json
from typing import Any

from moto.cloudwatch.models import MetricAggregatedDatum, cloudwatch_backends
from moto.kinesis.models import KinesisBackend, Stream
from moto.kinesis.responses import KinesisResponse

from workshop.cloud.offline.keeping.logs import note_sum
from workshop.cloud.offline.overlay.correct import CLOCK, corrects

NAMESPACE = "AWS/Kinesis"
PERIOD_SECONDS = 60

_MOTO_DESCRIPTION = Stream.to_json
_MOTO_GET_PARAM = KinesisResponse._get_param


@corrects(Stream, "to_json")
def _description(self: Any, shard_limit: int | None = None) -> dict[str, Any]:
    description: dict[str, Any] = _MOTO_DESCRIPTION(self, shard_limit)
    description["StreamDescription"]["StreamModeDetails"] = self.stream_mode
    return description


@corrects(KinesisResponse, "_get_param")
def _get_param(self: Any, param_name: str, if_none: Any = None) -> Any:
    """Look a parameter up in the JSON body, which is parsed once per request."""
    parameters = vars(self).get("json_parameters")
    if parameters is None:
        try:
            parameters = json.loads(self.body)
        except (TypeError, ValueError):
            # Not JSON; remembered, so that moto's way is taken at once for the next parameter.
            parameters = ()
        self.json_parameters = parameters
    if isinstance(parameters, dict):
        return parameters.get(param_name, if_none)
    return _MOTO_GET_PARAM(self, param_name, if_none)


@corrects(KinesisBackend, "_send_stream_metrics")
def _send_stream_metrics(self: Any, stream_name: str, incoming_bytes: int, incoming_records: int) -> None:
    backend = cloudwatch_backends[self.account_id][self.region_name]
    period = int(CLOCK.now() // PERIOD_SECONDS)
    # On the backend, so that a reset of moto forgets these sums together with the metrics.
    kept: dict[tuple[str, str], tuple[int, Any]] = vars(backend).setdefault("kinesis_metrics", {})
    for name, value, unit in (
        ("IncomingBytes", incoming_bytes, "Bytes"),
        ("IncomingRecords", incoming_records, "Count"),
    ):
        last_period, datum = kept.get((stream_name, name), (None, None))
        if last_period != period:
            datum = MetricAggregatedDatum(
                namespace=NAMESPACE,
                name=name,
                min_stat=value,
                max_stat=value,
                sample_count=0,
                sum_stat=0,
                dimensions=[{"Name": "StreamName", "Value": stream_name}],
                timestamp=CLOCK.moment(),
                unit=unit,
            )
            kept[stream_name, name] = (period, datum)
            backend.metric_data.append(datum)
        _add_to(datum, value)
        note_sum(backend.metric_data, datum)


def _add_to(datum: Any, value: float) -> None:
    datum.sum += value
    datum.sample_count += 1
    datum.min = min(datum.min, value)
    datum.max = max(datum.max, value)
