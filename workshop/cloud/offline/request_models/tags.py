"""What AWS demands of the tags that a request names, whatever the operation calls them.

A request brings at most fifty, and none whose key begins with `aws:`: those are AWS's own, CloudFormation's
among them, which nobody else sets or takes away
(https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html). The sentence is that
of most services, as their users report it; S3 has its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from workshop.cloud.offline.request_models.without_effect import INVALID
from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["MOST_TAGS", "SYSTEM_TAGS", "tag_problem"]

MOST_TAGS, SYSTEM_TAGS = 50, "aws:"
TOO_MANY = {
    "cloudwatch": ModelError("InvalidParameterValue", f"A resource has at most {MOST_TAGS} tags."),
    "dynamodb": ModelError("ValidationException", f"A table has at most {MOST_TAGS} tags."),
    "events": ModelError("LimitExceededException", f"A resource has at most {MOST_TAGS} tags."),
    "kinesis": ModelError(
        "InvalidArgumentException",
        f"Failed to add tags because a given stream cannot have more than {MOST_TAGS} tags.",
    ),
    "lambda": ModelError(
        "InvalidParameterValueException", f"A function or mapping has at most {MOST_TAGS} tags."
    ),
    "s3": ModelError("BadRequest", f"Bucket tag count cannot be greater than {MOST_TAGS}"),
    "sns": ModelError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded"),
    "sqs": ModelError("InvalidParameterValue", "Too many tags added for the queue."),
    "ssm": ModelError("TooManyTagsError", f"A parameter has at most {MOST_TAGS} tags."),
}
RESERVED = "aws: prefixed tag key names are not allowed for external use."
RESERVED_CODES = {**INVALID, "s3": "InvalidTag", "sqs": "InvalidParameterValue"}
RESERVED_BUCKET = "System tags cannot be added/updated by requester"
RESERVED_OBJECT = "Your TagKey cannot be prefixed with aws:"
# What requests bring, and the keys of what they take away.
BROUGHT, TAKEN = ("Tags", "tags", "Tagging"), ("TagKeys", "tagKeys")


def tag_problem(service: str, operation: str, given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for tags that nobody may set or take away, or for too many; else None."""
    brought, taken = ([key for name in names for key in _keys(given.get(name))] for names in (BROUGHT, TAKEN))
    if service in TOO_MANY and len(brought) > MOST_TAGS:
        return TOO_MANY[service]
    if not any(key.lower().startswith(SYSTEM_TAGS) for key in (*brought, *taken)):
        return None
    text = (RESERVED_BUCKET if "Bucket" in operation else RESERVED_OBJECT) if service == "s3" else RESERVED
    return ModelError(RESERVED_CODES[service], text)


def _keys(tags: Any) -> Iterator[str]:
    """Yield the keys of tags in a map, in a list of pairs, alone, or in the text of a header."""
    if isinstance(tags, Mapping):
        # S3 has a list one level deeper.
        yield from _keys(tags["TagSet"]) if "TagSet" in tags else map(str, tags)
    elif isinstance(tags, str):
        yield from (key for key, _ in parse_qsl(tags, keep_blank_values=True))
    elif isinstance(tags, list):
        for tag in tags:
            yield str(tag.get("Key", "")) if isinstance(tag, Mapping) else str(tag)
