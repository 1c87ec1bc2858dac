"""A shortcut to moto for the calls that pipelines make by the thousand: DynamoDB, its streams, Kinesis.

moto's server passes each call through WSGI, Flask's routing and a general parsing of the request, which
takes half of the time of a PutItem. Here the handler is called directly, prepared as
`BaseResponse.setup_class` would prepare it for a JSON call. The response is the same, byte for byte; a test
compares both ways.
"""

from typing import Any

from moto.core.utils import get_service_model
from moto.dynamodb.responses import DynamoHandler
from moto.dynamodbstreams.responses import DynamoDBStreamsHandler
from moto.iam import models as iam
from moto.kinesis.responses import KinesisResponse
from moto.utilities.constants import JSON_TYPES
from moto.utilities.utils import get_partition
from werkzeug.exceptions import HTTPException

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.parameters import parameters_of

__all__ = ["direct_answer"]

# Target prefix → service in the signature, botocore's name of the service, moto's handler.
HANDLERS: dict[str, tuple[str, str, Any]] = {
    "DynamoDB_20120810": ("dynamodb", "dynamodb", DynamoHandler),
    "DynamoDBStreams_20120810": ("dynamodb", "dynamodbstreams", DynamoDBStreamsHandler),
    "Kinesis_20131202": ("kinesis", "kinesis", KinesisResponse),
}
LONG_WAY_HEADERS = ("origin", "content-encoding", "x-moto-account-id", "x-http-method-override")


class _Request:
    """As much of moto's request as a JSON handler looks at."""

    method = "POST"
    path = raw_path = "/"

    def __init__(self, call: Call) -> None:
        self.headers = call.headers
        self.raw_url = f"http://{call.headers.get('host', '')}/"


def direct_answer(call: Call) -> Answer | None:
    """Answer the call, or return None if it must take the long way.

    Raises whatever moto raises on an error of its own.
    """
    target, _, operation = call.headers.get("x-amz-target", "").rpartition(".")
    known = HANDLERS.get(target)
    if known is None or not _is_plain(call) or call.scope is None or call.scope.service != known[0]:
        return None
    model = get_service_model(known[1])
    if operation not in model.operation_names:
        return None
    handler = known[2]()
    try:
        _prepare(handler, call, model.operation_model(operation))
        status, headers, body = handler.call_action()
    except HTTPException as error:
        status, headers, body = error.code, dict(error.get_headers()), error.get_body()
    content = body.encode() if isinstance(body, str) else body
    pairs = [(name, str(value)) for name, value in headers.items()]
    return Answer(int(status), [*pairs, ("Access-Control-Allow-Origin", "*")], content)


def _is_plain(call: Call) -> bool:
    return (
        call.method == "POST"
        and call.target == "/"
        and call.headers.get("content-type") in JSON_TYPES
        and not any(name in call.headers for name in LONG_WAY_HEADERS)
    )


def _prepare(handler: Any, call: Call, operation: Any) -> None:
    request = _Request(call)
    handler.is_werkzeug_request = True
    handler.normalized_request = request
    handler.method, handler.path, handler.raw_path = request.method, request.path, request.raw_path
    handler.uri, handler.uri_match = request.raw_url, {}
    handler.headers = call.headers
    handler.raw_body, handler.body = call.body, call.body.decode()
    handler.querystring = handler.data = handler.form_data = {}
    handler.response_headers = {"server": "amazon.com"}
    handler.region = handler.get_region_from_url(request, request.raw_url)
    handler.partition = get_partition(handler.region)
    if handler.automated_parameter_parsing:
        handler.params = parameters_of(operation, call.document)
    else:
        handler.json_parameters = call.document
    handler.access_key = handler.get_access_key()
    handler.current_account = handler.get_current_account()
    iam.mark_account_as_visited(
        account_id=handler.current_account,
        access_key=handler.access_key,
        service=handler.service_name,
        region=handler.region,
    )
