"""What happens to events of a function is told for each version and alias, and the latest word counts.

AWS keeps one configuration of asynchronous events for each qualifier; a put replaces it, an update changes
what it names, and an invocation by an alias obeys the alias's own
(https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html,
API_UpdateFunctionEventInvokeConfig.html there). A destination is a standard queue or topic, a bus, another
function or, for failures, a bucket, to which the function's role may write
(https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html). moto takes no notice of
the qualifier, shows the first configuration for ever, replaces where it should update, and takes any
destination. Changed: as above.
"""

from typing import Any
from urllib.parse import quote

from moto.awslambda.exceptions import InvalidParameterValueException, UnknownEventConfig
from moto.awslambda.models import EventInvokeConfig, LambdaBackend
from moto.awslambda.responses import LambdaResponse

from workshop.cloud.offline.overlay.awslambda.destinations import check_destination
from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.runtime.arns import LATEST, FunctionReference, SourceReference

ANY = frozenset({"events", "lambda", "sns", "sqs"})
OFFERED = {"OnSuccess": ANY, "OnFailure": ANY | {"s3"}}
SETTINGS = ("DestinationConfig", "MaximumEventAgeInSeconds", "MaximumRetryAttempts")
METHODS = ("put", "get", "update", "delete")


def _with_qualifier(moto: Any) -> Any:
    """Return a method that hands the backend a function's name together with its qualifier."""

    def answer(request: Any) -> Any:
        if qualifier := request._get_param("Qualifier"):
            before, name, after = request.path.rsplit("/", 2)
            request.path = f"{before}/{name}:{quote(qualifier, safe='')}/{after}"
        return moto(request)

    return answer


for _method in METHODS:
    _name = f"{_method}_function_event_invoke_config"
    corrects(LambdaResponse, _name)(_with_qualifier(getattr(LambdaResponse, _name)))


def _found(backend: Any, function_name: str) -> tuple[Any, str]:
    """Return the function, which keeps all its configurations, and the ARN of the version or alias.

    Raises:
        UnknownFunctionException: there is no such function, version or alias.
    """
    reference = FunctionReference.parse(function_name)
    qualifier = reference.qualifier or LATEST
    if qualifier != LATEST:
        backend.get_function(reference.name, qualifier)
    arn = FunctionReference(reference.name, qualifier).arn(backend.region_name, backend.account_id)
    return backend.get_function(reference.name), arn


@corrects(LambdaBackend, "put_function_event_invoke_config")
def _put(self: Any, function_name: str, config: dict[str, Any]) -> dict[str, Any]:
    function, arn = _found(self, function_name)
    if all(config.get(name) is None for name in SETTINGS):
        raise InvalidParameterValueException(
            "You must specify at least one of error handling or destination setting."
        )
    _check_destinations(config.get("DestinationConfig") or {}, function)
    made = EventInvokeConfig(arn, CLOCK.now(), config)
    function.event_invoke_config = [*_others(function, arn), made]
    return dict(made.response())


@corrects(LambdaBackend, "update_function_event_invoke_config")
def _update(self: Any, function_name: str, config: dict[str, Any]) -> dict[str, Any]:
    return _put(self, function_name, {**_current(*_found(self, function_name)).config, **config})


@corrects(LambdaBackend, "get_function_event_invoke_config")
def _get(self: Any, function_name: str) -> dict[str, Any]:
    return dict(_current(*_found(self, function_name)).response())


@corrects(LambdaBackend, "delete_function_event_invoke_config")
def _delete(self: Any, function_name: str) -> None:
    function, arn = _found(self, function_name)
    _current(function, arn)
    function.event_invoke_config = _others(function, arn)


@corrects(LambdaBackend, "list_function_event_invoke_configs")
def _list(self: Any, function_name: str) -> dict[str, Any]:
    function, _ = _found(self, FunctionReference.parse(function_name).name)
    return {"FunctionEventInvokeConfigs": [one.response() for one in function.event_invoke_config]}


def _check_destinations(destinations: dict[str, Any], function: Any) -> None:
    given = {name: (destinations.get(name) or {}).get("Destination") for name in OFFERED}
    for name, services in OFFERED.items():
        arn = given[name]
        if not arn:
            continue
        source = SourceReference.parse(arn)
        if source.service not in services or source.is_fifo:
            success, failure = (
                f"{one}(destination={given[one]})" if given[one] else "null"
                for one in ("OnSuccess", "OnFailure")
            )
            raise InvalidParameterValueException(
                "The provided destination config DestinationConfig("
                f"onSuccess={success}, onFailure={failure}) is invalid."
            )
        if source.service == "lambda" and FunctionReference.parse(arn).name == function.function_name:
            raise InvalidParameterValueException(
                "You can't specify the function as a destination for itself."
            )
        check_destination(str(function.role), arn)


def _others(function: Any, arn: str) -> list[Any]:
    return [one for one in function.event_invoke_config if one.arn != arn]


def _current(function: Any, arn: str) -> Any:
    for one in function.event_invoke_config:
        if one.arn == arn:
            return one
    raise UnknownEventConfig(arn)
