"""Roles that are made by hand, for a producer and for a front end, and clients that call AWS with them.

In go a course and whose role it is; what the role may do stands in a policy that the learner wrote. Out come
the answers that AWS gives to somebody with that role.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from workshop.deploy.boundary import BOUNDARY, boundary_of

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["FRONT_END", "PRODUCER", "client_as", "made_role_name", "make_role"]

PRODUCER, FRONT_END = "producer", "front-end"
SHORTEST_SESSION_SECONDS = 900


def made_role_name(course: Course, who: str) -> str:
    """Return the name of the role of a `producer` or `front-end`."""
    return f"{course.stack}-{who}"


def make_role(course: Course, who: str) -> str:
    """Make the role unless it is there, so that people of this account may take it; return its name.

    It may do nothing until a policy says otherwise; in a shared account it has the learner's boundary.
    """
    name = made_role_name(course, who)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": course.cloud.account_id},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    bound = boundary_of(course.cloud)
    options = {"PermissionsBoundary": bound[BOUNDARY]} if bound else {}
    try:
        course.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **options)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
    return name


def client_as(course: Course, who: str, service: str) -> Any:
    """Return a client of a service with the role's credentials instead of yours.

    Raises:
        ClientError: the role does not exist, or cannot be assumed yet.
    """
    arn = course.client("iam").get_role(RoleName=made_role_name(course, who))["Role"]["Arn"]
    session = course.client("sts").assume_role(
        RoleArn=arn, RoleSessionName=who, DurationSeconds=SHORTEST_SESSION_SECONDS
    )["Credentials"]
    return boto3.client(
        service,  # type: ignore[call-overload] # boto3's stubs know each service by a literal
        region_name=course.cloud.region,
        endpoint_url=course.cloud.endpoint,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
