"""A resource has at most fifty tags, and one value for each key.

AWS refuses more, each service with an error of its own; tags that CloudFormation adds do not count
(https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices,
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html). moto takes any number in
most services, keeps two values of one key of a table, and has tags for log groups, tables and alarms that are
not there. Changed: all of this. What a request brings to a new resource is counted before that
(`request_models.tags`).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend
from moto.cloudwatch.exceptions import ResourceNotFoundException as NoAlarmError
from moto.cloudwatch.models import CloudWatchBackend
from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend
from moto.events.models import EventsBackend
from moto.kinesis.exceptions import InvalidArgumentError
from moto.kinesis.models import KinesisBackend
from moto.logs.exceptions import LogsClientError, ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.sqs.exceptions import InvalidParameterValue
from moto.sqs.models import SQSBackend

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.request_models.tags import MOST_TAGS, SYSTEM_TAGS
from workshop.cloud.offline.runtime.arns import FunctionReference

_MOTO_STREAM = KinesisBackend.add_tags_to_stream
_MOTO_QUEUE = SQSBackend.tag_queue
_MOTO_TABLE = DynamoDBBackend.tag_resource
_MOTO_UNTAG_TABLE = DynamoDBBackend.untag_resource
_MOTO_LIST_OF_ALARM = CloudWatchBackend.list_tags_for_resource
_MOTO_FUNCTION = LambdaBackend.tag_resource
_MOTO_FIND = LambdaBackend._get_resource_by_arn
_MOTO_RULE = EventsBackend.tag_resource


def _is_too_much(known: Iterable[str], added: Iterable[str]) -> bool:
    return sum(not key.startswith(SYSTEM_TAGS) for key in {*known, *added}) > MOST_TAGS


@corrects(KinesisBackend, "add_tags_to_stream")
def _tag_stream(self: Any, stream_arn: str | None, stream_name: str | None, tags: Mapping[str, str]) -> None:
    stream = self.describe_stream(stream_arn, stream_name)
    if _is_too_much(stream.tags, tags):
        raise InvalidArgumentError(
            f"Failed to add tags to stream {stream.stream_name} under account {self.account_id} because a "
            f"given stream cannot have more than {MOST_TAGS} tags associated with it."
        )
    _MOTO_STREAM(self, stream_arn, stream_name, tags)


@corrects(SQSBackend, "tag_queue")
def _tag_queue(self: Any, queue_name: str, tags: Mapping[str, str]) -> None:
    if _is_too_much(self.get_queue(queue_name).tags, tags):
        raise InvalidParameterValue(f"Too many tags added for queue {queue_name}.")
    _MOTO_QUEUE(self, queue_name, tags)


@corrects(DynamoDBBackend, "tag_resource")
def _tag_table(self: Any, arn: str, tags: Mapping[str, str]) -> None:
    known = self.list_tags_of_resource(arn)
    if _is_too_much((tag["Key"] for tag in known), tags):
        raise MockValidationException(f"A table has at most {MOST_TAGS} tags.")
    # In place: it is the table's own list.
    known[:] = [tag for tag in known if tag["Key"] not in tags]
    _MOTO_TABLE(self, arn, tags)


@corrects(LambdaBackend, "tag_resource")
def _tag_function(self: Any, resource_arn: str, tags: Mapping[str, str]) -> None:
    if _is_too_much(self._get_resource_by_arn(resource_arn).tags, tags):
        raise InvalidParameterValueException(f"A function or mapping has at most {MOST_TAGS} tags.")
    _MOTO_FUNCTION(self, resource_arn, tags)


@corrects(LambdaBackend, "_get_resource_by_arn")
def _find(self: Any, arn: str) -> Any:
    if ":function:" in arn and FunctionReference.parse(arn).qualifier is not None:
        raise InvalidParameterValueException(
            "Tags on function aliases and versions are not supported. "
            "Please specify either a function ARN or an event source mapping ARN."
        )
    return _MOTO_FIND(self, arn)


@corrects(EventsBackend, "tag_resource")
def _tag_rule(self: Any, arn: str, tags: Mapping[str, str]) -> None:
    if _is_too_much(self.tagger.get_tag_dict_for_resource(arn), tags):
        raise JsonRESTError("LimitExceededException", f"A resource has at most {MOST_TAGS} tags.")
    _MOTO_RULE(self, arn, tags)


def _of_a_group(moto: Callable[..., Any], *, is_adding: bool = False) -> Callable[..., Any]:
    """Return a method about the tags of a log group that refuses one that is not there, or too many."""

    def about(self: Any, arn: str, *arguments: Any) -> Any:
        _, marker, name = (plain := arn.removesuffix(":*")).partition(":log-group:")
        if marker and name not in self.groups:
            raise ResourceNotFoundException
        known = self.tagger.get_tag_dict_for_resource(plain) if is_adding else ()
        if is_adding and _is_too_much(known, arguments[0] or ()):
            raise LogsClientError("TooManyTagsException", f"A resource has at most {MOST_TAGS} tags.")
        return moto(self, plain, *arguments)

    return about


for _name in ("tag_resource", "untag_resource", "list_tags_for_resource"):
    corrects(LogsBackend, _name)(_of_a_group(getattr(LogsBackend, _name), is_adding=_name == "tag_resource"))


@corrects(DynamoDBBackend, "untag_resource")
def _untag_table(self: Any, arn: str, tag_keys: Iterable[str]) -> None:
    self.list_tags_of_resource(arn)  # it may not be there
    _MOTO_UNTAG_TABLE(self, arn, tag_keys)


@corrects(CloudWatchBackend, "list_tags_for_resource")
def _list_tags_of_alarm(self: Any, arn: str) -> Any:
    if ":alarm:" in arn and all(alarm.alarm_arn != arn for alarm in self.alarms.values()):
        raise NoAlarmError
    return _MOTO_LIST_OF_ALARM(self, arn)
