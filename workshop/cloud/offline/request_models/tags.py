"""What AWS demands of the tags that a request names, whatever the operation calls them.

A request brings at most fifty, each key once, and none whose key begins with `aws:`: those are AWS's own,
CloudFormation's among them, which nobody else sets or takes away
(https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html). The sentence is that
of most services, as their users report it; S3 has its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from workshop.cloud.offline.request_models.without_effect import INVALID
from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["MOST_TAGS", "RESERVED_BUCKET", "SYSTEM_TAGS", "tag_problem"]

MOST_TAGS, MOST_TAGS_OF_AN_OBJECT, SYSTEM_TAGS = 50, 10, "aws:"
# Beside the names of services.
OBJECT = "s3 object"
TOO_MANY = {
    "cloudwatch": ModelError("InvalidParameterValue", f"A resource has at most {MOST_TAGS} tags."),
    "dynamodb": ModelError("ValidationException", f"A table has at most {MOST_TAGS} tags."),
    "events": ModelError("LimitExceededException", f"A resource has at most {MOST_TAGS} tags."),
    "kinesis": ModelError(
        "InvalidArgumentException",
        f"Failed to add tags because a given stream cannot have more than {MOST_TAGS} tags.",
    ),
    "kms": ModelError("LimitExceededException", f"A key has at most {MOST_TAGS} tags."),
    "lambda": ModelError(
        "InvalidParameterValueException", f"A function or mapping has at most {MOST_TAGS} tags."
    ),
    "s3": ModelError("BadRequest", f"Bucket tag count cannot be greater than {MOST_TAGS}"),
    OBJECT: ModelError("BadRequest", f"Object tags cannot be greater than {MOST_TAGS_OF_AN_OBJECT}"),
    "scheduler": ModelError("ServiceQuotaExceededException", f"A group has at most {MOST_TAGS} tags."),
    "sns": ModelError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded"),
    "sqs": ModelError("InvalidParameterValue", "Too many tags added for the queue."),
    "ssm": ModelError("TooManyTagsError", f"A parameter has at most {MOST_TAGS} tags."),
}
RESERVED = "aws: prefixed tag key names are not allowed for external use."
CODES = {**INVALID, "kms": "TagException", "s3": "InvalidTag", "sqs": "InvalidParameterValue"}
TWICE = "Duplicate tag keys found: {}"
TWICE_OF = {
    "dynamodb": "Duplicate Tag Keys provided as input: Duplicate Tag Key found {}",
    "iam": "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    "s3": "Cannot provide multiple Tags with the same key",
}
RESERVED_BUCKET = "System tags cannot be added/updated by requester"
# Those that a bucket has must be among the new ones, which are judged where they are known.
KEEPS_SYSTEM_TAGS = "PutBucketTagging"
RESERVED_OBJECT = "Your TagKey cannot be prefixed with aws:"
# What requests bring, and the keys of what they take away.
BROUGHT, TAKEN = ("Tags", "tags", "Tagging"), ("TagKeys", "tagKeys")


def tag_problem(service: str, operation: str, given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for tags that nobody may set or take away, that are too many or twice, else None."""
    brought, taken = ([key for name in names for key in _keys(given.get(name))] for names in (BROUGHT, TAKEN))
    brought += _keys((given.get("CreateBucketConfiguration") or {}).get("Tags"))
    own = [key for key in (*brought, *taken) if key.lower().startswith(SYSTEM_TAGS)]
    is_object = service == "s3" and "Bucket" not in operation
    kind, most = (OBJECT, MOST_TAGS_OF_AN_OBJECT) if is_object else (service, MOST_TAGS)
    if kind in TOO_MANY and len(brought) > most + len(own):
        return TOO_MANY[kind]
    if own and operation != KEEPS_SYSTEM_TAGS:
        text = RESERVED_OBJECT if is_object else RESERVED_BUCKET
        return ModelError(CODES[service], text if service == "s3" else RESERVED)
    same = [key.lower() if service == "iam" else key for key in brought]
    if twice := [key for place, key in enumerate(brought) if same[place] in same[:place]]:
        return ModelError(CODES[service], TWICE_OF.get(service, TWICE).format(twice[0]))
    return None


def _keys(tags: Any) -> Iterator[str]:
    """Yield the keys of tags in a map, in a list of pairs, alone, or in the text of a header."""
    if isinstance(tags, Mapping):
        # S3 has a list one level deeper.
        yield from _keys(tags["TagSet"]) if "TagSet" in tags else map(str, tags)
    elif isinstance(tags, str):
        yield from (key for key, _ in parse_qsl(tags, keep_blank_values=True))
    elif isinstance(tags, list):
        for tag in tags:
            yield str(tag.get("Key", tag.get("TagKey", ""))) if isinstance(tag, Mapping) else str(tag)
