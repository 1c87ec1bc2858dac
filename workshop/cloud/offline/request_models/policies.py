"""What AWS demands of a policy that a resource is given, whatever the service and the operation.

It is an object in JSON with statements, each of which allows or denies an action to somebody
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html). Each service refuses it by
an error of its own. Policies of identities are judged by moto.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workshop.cloud.offline.request_models.without_effect import INVALID
from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["document_problem", "json_object", "policy_problem"]

NO_GRAMMAR = (
    "Error occurred while parsing accessPolicy. "
    "Please check if the accessPolicy has been constructed correctly using IAM grammar."
)
OF_QUEUES = ("Attributes.Policy", INVALID["sqs"], "Invalid value for the parameter Policy.")
OF_KEYS = ("Policy", "MalformedPolicyDocumentException", "{}")
OF_TOPICS = ("Attributes.Policy", INVALID["sns"], "Invalid parameter: Attributes Reason: Policy: {}")
# By service and operation: where the policy is, and the error.
POLICIES: Mapping[tuple[str, str], tuple[str, str, str]] = {
    ("dynamodb", "PutResourcePolicy"): ("Policy", INVALID["dynamodb"], "Resource policy is invalid: {}"),
    ("kinesis", "PutResourcePolicy"): ("Policy", INVALID["kinesis"], "The policy is no policy document: {}"),
    ("kms", "CreateKey"): OF_KEYS,
    ("kms", "PutKeyPolicy"): OF_KEYS,
    ("logs", "PutResourcePolicy"): (
        "policyDocument",
        INVALID["logs"],
        NO_GRAMMAR,
    ),
    ("s3", "PutBucketPolicy"): ("Policy", "MalformedPolicy", "{}"),
    ("sns", "CreateTopic"): OF_TOPICS,
    ("sns", "SetTopicAttributes"): OF_TOPICS,
    ("sqs", "CreateQueue"): OF_QUEUES,
    ("sqs", "SetQueueAttributes"): OF_QUEUES,
}


def policy_problem(service: str, operation: str, given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for a policy that is none; None if it is one, or there is none."""
    if (service, operation) not in POLICIES:
        return None
    path, code, text = POLICIES[service, operation]
    # An operation that sets one attribute names it by a value.
    if "AttributeName" in given:
        given = {"Attributes": {str(given["AttributeName"]): given.get("AttributeValue")}}
    found: Any = given
    for name in path.split("."):
        found = (found or {}).get(name)
    # Only an attribute is taken away by an empty one.
    is_none = found is None or (not found and path.startswith("Attributes."))
    problem = None if is_none else document_problem(found)
    return None if problem is None else ModelError(code, text.format(problem))


def document_problem(text: str | bytes) -> str | None:
    """Return why a text is no policy of a resource, None if it is one."""
    return next(_problems(text), None)


def json_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the object that a text in JSON is, None if it is none."""
    try:
        document = json.loads(text)
    # Also brackets that are nested more deeply than Python reads.
    except (TypeError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _problems(text: str | bytes) -> Iterator[str]:
    document = json_object(text)
    if document is None:
        yield "Policies must be valid JSON and the first byte must be '{'"
        return
    statements = document.get("Statement")
    listed = [statements] if isinstance(statements, dict) else statements
    if not isinstance(listed, list) or not listed:
        yield "Missing required field Statement"
        return
    for statement in listed:
        for names in (("Effect",), ("Principal", "NotPrincipal"), ("Action", "NotAction")):
            if not isinstance(statement, dict) or not any(name in statement for name in names):
                yield f"Missing required field {names[0]}"
        if statement.get("Effect") not in {"Allow", "Deny"}:
            yield f"Invalid effect: {statement.get('Effect')}"
