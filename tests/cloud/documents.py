"""Policies, tables and functions as requests describe them."""

import io
import json
import zipfile
from typing import Any

ACCOUNT = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/lambda"


def document(*statements: dict[str, Any]) -> str:
    """Return a policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def trust(**principal: Any) -> str:
    """Return a trust policy, by default for everybody in the account."""
    principal = principal or {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def table(key: str = "pk", view: str | None = "NEW_AND_OLD_IMAGES") -> dict[str, Any]:
    """Return the settings of an on-demand table, by default with a stream; its key is text."""
    stream = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}
    return {
        "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        **(stream if view else {}),
    }


def zip_of(source: str, name: str = "index.py", **others: str) -> bytes:
    """Return a bundle with one module, and others by name; its bytes follow from the sources alone."""
    content = io.BytesIO()
    modules = {name: source} | {other.replace("__", "/") + ".py": text for other, text in others.items()}
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in modules.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return content.getvalue()


def function(
    name: str = "F", source: str = "def handler(event, context):\n    return event\n", **settings: Any
) -> dict[str, Any]:
    """Return the settings of a Python function with the role that `make_role` makes."""
    code = {"Code": {"ZipFile": zip_of(source)}}
    common = {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE_ARN}
    return {"FunctionName": name, **common, **code, **settings}


def permission(service: str, source: str, function: str = "F") -> dict[str, str]:
    """Return the settings of the permission for a service to invoke a function because of a source."""
    named = {"FunctionName": function, "StatementId": "s", "Action": "lambda:InvokeFunction"}
    return {**named, "Principal": f"{service}.amazonaws.com", "SourceArn": source}


def make_role(iam: Any) -> None:
    """Create the role for functions, which may do everything."""
    iam.create_role(RoleName="lambda", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))
    iam.put_role_policy(RoleName="lambda", PolicyName="all", PolicyDocument=document(allow("*")))
