"""Templates small enough to read, and how calls send them."""

import json
from typing import Any


def body(template: Any) -> str:
    """Return a template as text; a plain mapping holds its resources."""
    if isinstance(template, str):
        return template
    return json.dumps(template if "Resources" in template else {"Resources": template})


def pairs(options: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call; `parameters` may be a mapping."""
    parameters = options.pop("parameters", None)
    if parameters is not None:
        options["Parameters"] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]
    return options


def resource(kind: str, /, **properties: Any) -> dict[str, Any]:
    """Return a resource of a type without its `AWS::`."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def get(name: str, attribute: str = "Arn") -> dict[str, Any]:
    """Return the reference to an attribute of another resource."""
    return {"Fn::GetAtt": [name, attribute]}


def table(key: str = "Key", /, **properties: Any) -> dict[str, Any]:
    """Return an on-demand table."""
    keyed = {
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
    }
    return resource("DynamoDB::Table", **{"BillingMode": "PAY_PER_REQUEST", **keyed, **properties})


def queue(**properties: Any) -> dict[str, Any]:
    """Return a queue."""
    return resource("SQS::Queue", **properties)


def broken() -> dict[str, Any]:
    """Return a resource that its service refuses."""
    nothing = {"Version": "2012-10-17", "Statement": []}
    return resource("IAM::ManagedPolicy", PolicyDocument=nothing, Roles=["nobody"])


def role(**properties: Any) -> dict[str, Any]:
    """Return a role for functions."""
    return resource("IAM::Role", **{"AssumeRolePolicyDocument": trust("lambda.amazonaws.com"), **properties})


def trust(service: str) -> dict[str, Any]:
    """Return the trust policy of a role for a service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def function(**properties: Any) -> dict[str, Any]:
    """Return a function with inline code and the role `Role`."""
    properties.setdefault("Code", {"ZipFile": "def handler(event, context): return 1\n"})
    common = {"Runtime": "python3.13", "Handler": "index.handler", "Role": get("Role")}
    return resource("Lambda::Function", **common, **properties)


def inline(name: str, action: str) -> dict[str, Any]:
    """Return an inline policy that allows one action."""
    return {"PolicyName": name, "PolicyDocument": document(action)}


def document(action: str, **more: Any) -> dict[str, Any]:
    """Return a policy that allows one action."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}
