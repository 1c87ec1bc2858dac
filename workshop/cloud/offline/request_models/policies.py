"""What AWS demands of a policy that a resource is given, whatever the service and the operation.

It is an object in JSON with statements, each of which allows or denies an action to somebody
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html). Each service refuses it by
an error of its own. Policies of identities, which say to whom by where they are, are judged by moto.
"""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

from workshop.cloud.offline.request_models.without_effect import INVALID
from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["document_problem", "identity_problem", "json_object", "policy_problem", "statements_of"]

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
    ("logs", "PutDestinationPolicy"): ("accessPolicy", INVALID["logs"], NO_GRAMMAR),
    ("logs", "PutResourcePolicy"): ("policyDocument", INVALID["logs"], NO_GRAMMAR),
    ("s3", "PutBucketPolicy"): ("Policy", "MalformedPolicy", "{}"),
    ("sns", "CreateTopic"): OF_TOPICS,
    ("sns", "SetTopicAttributes"): OF_TOPICS,
    ("sqs", "CreateQueue"): OF_QUEUES,
    ("sqs", "SetQueueAttributes"): OF_QUEUES,
}
# What these say of an action of another service.
FOREIGN_ACTION = {
    "s3": "Policy has invalid action",
    "sns": "Invalid parameter: Policy statement action out of service scope!",
}
OF_SESSIONS = ("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken")


def policy_problem(service: str, operation: str, given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for a policy that is none; None if it is one, or there is none."""
    if service == "sts" and operation in OF_SESSIONS:
        return _session_problem(given.get("Policy"))
    if (service, operation) not in POLICIES:
        return None
    path, code, text = POLICIES[service, operation]
    # An operation that sets one attribute names it by a value.
    if "AttributeName" in given:
        given = {**given, "Attributes": {str(given["AttributeName"]): given.get("AttributeValue")}}
    found: Any = given
    for name in path.split("."):
        found = (found or {}).get(name)
    # Only an attribute is taken away by an empty one.
    if found is None or (not found and path.startswith("Attributes.")):
        return None
    if (problem := document_problem(found)) is not None:
        return ModelError(code, text.format(problem))
    foreign = next(_foreign(service, str(given.get("Bucket")), json.loads(found)), None)
    return None if foreign is None else ModelError(code, foreign)


def _session_problem(text: str | None) -> ModelError | None:
    problem = None if text is None else identity_problem(text)
    return None if problem is None else ModelError("MalformedPolicyDocument", problem)


def identity_problem(text: str) -> str | None:
    """Return why a text is no policy of a role, a user, a group or a session, None if it is one."""
    try:
        IAMPolicyDocumentValidator(text).validate()
    except MalformedPolicyDocument as error:
        return str(error.message)
    named = any({"Principal", "NotPrincipal"} & one.keys() for one in statements_of(json.loads(text)))
    return "Policy document should not specify a principal." if named else None


def _foreign(service: str, bucket: str, document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a policy says about that is not the resource's."""
    for statement in statements_of(document):
        actions, resources = (_several(statement.get(name)) for name in ("Action", "Resource"))
        prefixes = (str(action).lower().partition(":")[0] for action in actions)
        if service in FOREIGN_ACTION and not all(fnmatchcase(service, prefix) for prefix in prefixes):
            yield FOREIGN_ACTION[service]
        if service == "s3" and not all(_is_within(bucket, str(resource)) for resource in resources):
            yield "Policy has invalid resource"


def _is_within(bucket: str, resource: str) -> bool:
    """Return whether a pattern of ARNs can be a bucket or an object of it."""
    _, _, service, _, _, name = (*resource.split(":", 5), *[""] * 5)[:6]
    return resource == "*" or (fnmatchcase("s3", service) and fnmatchcase(bucket, name.partition("/")[0]))


def statements_of(document: Mapping[str, Any]) -> list[Any]:
    """Return the statements of a policy, which may have one outside a list, as a list of their own."""
    return _several(document.get("Statement"))


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


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
    statements = statements_of(document)
    if not statements:
        yield "Missing required field Statement"
    for statement in statements:
        yield from _problems_of_statement(statement)


def _problems_of_statement(statement: Any) -> Iterator[str]:
    for names in (("Effect",), ("Principal", "NotPrincipal"), ("Action", "NotAction")):
        if not isinstance(statement, dict) or not any(name in statement for name in names):
            yield f"Missing required field {names[0]}"
    if statement["Effect"] not in ("Allow", "Deny"):
        yield f"Invalid effect: {statement['Effect']}"
    condition = statement.get("Condition") or {}
    if not isinstance(condition, dict) or not all(isinstance(keys, dict) for keys in condition.values()):
        yield "Invalid condition"
