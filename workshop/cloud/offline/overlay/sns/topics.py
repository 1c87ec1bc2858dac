"""Which attributes a topic may be given, when it is made and later.

AWS refuses attributes that it does not know, those of FIFO topics for any other topic, another kind of topic,
names to show that are too long, documents that are none, and a second topic of one name with other attributes
or tags (https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html and API_SetTopicAttributes.html
there; the sentences are those that users report). moto sets whatever is named, fails at a policy that is
none, and answers with the topic that is there. Changed: as above.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend
from moto.sns.responses import SNSResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.request_models.policies import json_object
from workshop.cloud.offline.request_models.tags import SYSTEM_TAGS
from workshop.cloud.offline.request_models.without_effect import IN_TOPICS

__all__ = ["check_attributes"]

ONLY_FIFO = frozenset(("ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope"))
# And what an empty text stands for: a topic always has a policy.
DOCUMENTS = {"DeliveryPolicy": "{}", "Policy": ""}
KNOWN = frozenset((*ONLY_FIFO, *DOCUMENTS, *IN_TOPICS, "DisplayName", "FifoTopic", "KmsMasterKeyId"))
LONGEST_NAME = 100

_MOTO_CREATE = SNSBackend.create_topic
_MOTO_SET = SNSResponse.set_topic_attributes


@corrects(SNSBackend, "create_topic")
def _create(
    backend: Any, name: str, attributes: dict[str, str] | None = None, tags: dict[str, str] | None = None
) -> Any:
    given = attributes or {}
    check_attributes(given, is_fifo=_is_true(given.get("FifoTopic")))
    topic = _MOTO_CREATE(backend, name, attributes, tags)
    if tags and _given(topic._tags) != tags:
        raise SNSInvalidParameter("Invalid parameter: Tags Reason: Topic already exists with different tags")
    if any(not _is_same(getattr(topic, MEMBERS[one], None), given[one]) for one in MEMBERS.keys() & given):
        raise SNSInvalidParameter(
            "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
        )
    return topic


def _given(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags without those that a stack has added."""
    return {key: value for key, value in tags.items() if not key.startswith(SYSTEM_TAGS)}


# Those that moto keeps as the topic's own, by their names there.
MEMBERS = {
    "ContentBasedDeduplication": "content_based_deduplication",
    "DisplayName": "display_name",
    "KmsMasterKeyId": "kms_master_key_id",
}


def _is_same(kept: Any, given: Any) -> bool:
    return str(kept or "").lower() == str(given).lower() or (not kept and str(given).lower() == "false")


@corrects(SNSResponse, "set_topic_attributes")
def _set(request: Any) -> Any:
    topic = request.backend.get_topic(request._get_param("TopicArn"))
    name = request._get_param("AttributeName")
    if name not in KNOWN or name == "FifoTopic" or (name in ONLY_FIFO and not _is_fifo(topic)):
        raise SNSInvalidParameter("Invalid parameter: AttributeName")
    check_attributes({name: request._get_param("AttributeValue") or ""}, is_fifo=_is_fifo(topic))
    return _MOTO_SET(request)


def _is_fifo(topic: Any) -> bool:
    return str(topic.arn).endswith(".fifo")


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"


def check_attributes(given: Mapping[str, Any], *, is_fifo: bool) -> None:
    """Raise AWS's error unless a topic of a kind may be given these attributes."""
    for problem in _problems(given, is_fifo=is_fifo):
        raise SNSInvalidParameter(f"Invalid parameter: Attributes Reason: {problem}")


def _problems(given: Mapping[str, Any], *, is_fifo: bool) -> Iterator[str]:
    for name, value in given.items():
        if name not in KNOWN or (name in ONLY_FIFO and not is_fifo):
            yield f"Unknown attribute {name}"
        if name == "DisplayName" and len(str(value)) > LONGEST_NAME:
            yield name
        if (
            name in DOCUMENTS
            and isinstance(value, str)
            and (value or name == "Policy")
            and json_object(value) is None
        ):
            yield f"{name}: failed to parse JSON."
