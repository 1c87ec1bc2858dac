"""What a service refuses of a caller, it refuses of a template, in the same words."""

from typing import Any

import pytest

from tests.cloud.http.test_dispatch import understood
from tests.cloud.overlay.cloudformation.catalogue.test_names import TYPES, content
from tests.cloud.overlay.cloudformation.limits.cases import CASES, Case
from tests.cloud.overlay.cloudformation.samples import body
from tests.cloud.walk.requests import model_of, wire_call
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.overlay.cloudformation.catalogue.api_requests import REQUESTS, request_problem
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import effects, schema
from workshop.cloud.offline.overlay.cloudformation.references import references

__all__ = ["content"]


def template(case: Case, properties: dict[str, Any]) -> str:
    """Return a template of the resource with other properties, and what it refers to."""
    wanted = {case.name: {"Type": TYPES[case.name][0], "Properties": {**TYPES[case.name][1], **properties}}}
    missing = [case.name]
    while missing:
        for reference in references(wanted[missing.pop()]["Properties"]):
            if reference.name in TYPES and reference.name not in wanted:
                kind, given, *_ = TYPES[reference.name]
                wanted[reference.name] = {"Type": kind, "Properties": given}
                missing.append(reference.name)
    return body(wanted)


def refusal(case: Case) -> str:
    """Return the message with which the API refuses the call."""
    service, _, operation = case.operation.partition(".")
    call = wire_call(model_of(service).operation_model(operation), case.parameters)
    assert call is not None
    answer = Dispatcher().answer(call)
    assert answer.status in {400, 404}, answer
    if service == "cloudwatch":  # whose answers are not text
        return case.text if case.text in answer.body.decode(errors="replace") else repr(answer.body)
    error = understood(service, answer)
    # KMS gives no message for some.
    return str(error["Message"] or error["Code"])


def is_reason(reason: str, case: Case, message: str) -> bool:
    """Return whether a resource failed for what is wrong in a case, as the service says it or the schema."""
    first, *problems = reason.splitlines() or [""]
    if not first.startswith("Properties validation failed"):
        return (case.text or message) in reason
    # A case that names its properties wrongly would fail as well, and say nothing of limits.
    wrong = tuple(f"#/{name}" for name in case.properties)
    return all(one.startswith(wrong) and "extraneous key" not in one for one in problems)


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("title", CASES)
def test_what_an_api_refuses_fails_a_resource(aws: Any, title: str) -> None:
    """A new stack rolls back, with the sentence of the service or that of the resource's schema."""
    case = CASES[title]

    message = refusal(case)
    stack = aws.create(template(case, case.properties))

    assert message
    assert case.text in message
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert is_reason(aws.reason(case.name, stack["StackId"]), case, message), aws.reasons(stack["StackId"])


@pytest.mark.usefixtures("content")
@pytest.mark.parametrize("title", CASES)
def test_an_update_and_a_change_set_are_held_to_the_same(aws: Any, title: str) -> None:
    """A stack that is there goes back to what it was, one of a change set rolls back; both say why."""
    case = CASES[title]
    message = refusal(case)
    aws.create(template(case, {}))

    updated = aws.update(template(case, case.properties))
    reason = aws.reason(case.name)
    aws.cloudformation.delete_stack(StackName="stack")
    names = {"StackName": "other", "ChangeSetName": "first"}
    aws.cloudformation.create_change_set(
        **names,
        ChangeSetType="CREATE",
        TemplateBody=template(case, case.properties),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    aws.cloudformation.execute_change_set(**names)

    assert updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert is_reason(reason, case, message), reason
    assert aws.stack("other")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert is_reason(aws.reason(case.name, "other"), case, message), aws.reasons("other")


def test_every_type_that_does_something_has_its_request() -> None:
    """Of each type it is known which request would make it, with members that both sides have."""
    assert REQUESTS.keys() == {name for name, each in effects().items() if each["works"]}
    for resource_type, requests in REQUESTS.items():
        for request in requests:
            shape = model_of(request.service).operation_model(request.operation).input_shape
            known = (schema(resource_type) or {})["properties"]
            assert {*request.members, *filter(None, [request.each])} <= known.keys(), resource_type
            assert {path.split(".")[0] for path in request.members.values()} <= shape.members.keys()


def longest_texts(resource_type: str) -> dict[str, int]:
    """Return how long a text may be in the request, by the names of the properties that become one."""
    longest = {}
    for request in REQUESTS[resource_type]:
        members = model_of(request.service).operation_model(request.operation).input_shape.members
        known = {name.lower(): member for name, member in members.items() if member.type_name == "string"}
        for name in (schema(resource_type) or {})["properties"] if not request.each else ():
            member = known.get(request.members.get(name, name).lower())
            if member is not None and "max" in member.metadata:
                longest[name] = member.metadata["max"]
    return longest


@pytest.mark.parametrize("resource_type", REQUESTS)
def test_no_text_is_longer_than_in_a_request(resource_type: str) -> None:
    """Every property that becomes a text of a request may be as long as that, and no longer."""
    for name, longest in longest_texts(resource_type).items():
        refused = request_problem({"Type": resource_type, "Properties": {name: "x" * (longest + 1)}})
        assert refused is not None, name
        assert f"Member must have length less than or equal to {longest}" in refused.message, name


def test_a_list_is_a_list() -> None:
    """Where the schema leaves a property open, the request still says of what type it is."""
    layer = {"Content": {}, "CompatibleRuntimes": "python3.13"}

    refused = request_problem({"Type": "AWS::Lambda::LayerVersion", "Properties": layer})

    assert refused is not None
    assert refused.message == "STRING_VALUE cannot be converted to List (CompatibleRuntimes)"


@pytest.mark.parametrize("policy", ["no", {"Statement": "x"}, {"Statement": []}, {"Statement": {}}])
@pytest.mark.parametrize(
    ("name", "message"),
    [("QueuePolicy", "Invalid value for the parameter Policy."), ("TopicPolicy", "Policy")],
)
def test_a_policy_of_a_queue_or_topic_is_one(aws: Any, name: str, message: str, policy: Any) -> None:
    """What is no policy is refused in the words of the call that sets the attribute."""
    stack = aws.create(template(Case(name, {}, "", {}, ""), {"PolicyDocument": policy}))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = aws.reason(name, stack["StackId"])
    assert message in reason
    assert "JSONDecodeError" not in reason


def test_a_topic_of_a_policy_is_named_by_its_arn(aws: Any) -> None:
    """What is no ARN is refused in the words of the call that sets the policy, and is no internal failure."""
    stack = aws.create(template(Case("TopicPolicy", {}, "", {}, ""), {"Topics": ["nowhere"]}))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = aws.reason("TopicPolicy", stack["StackId"])
    assert "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1" in reason
