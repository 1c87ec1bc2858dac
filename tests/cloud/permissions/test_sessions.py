"""Who a caller is, who may become somebody else, and what a session is held to."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import ACCOUNT, allow, deny, document, trust
from tests.cloud.permissions.conftest import Roles, make_client, outcome, table_arn
from tests.cloud.runtime.environments.conftest import spec
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.runtime.environments.environment import Credentials
from workshop.cloud.offline.runtime.environments.sessions import role_session

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/me"
ITEM = {"id": {"S": "a"}}
PUT = allow("dynamodb:PutItem", table_arn("T"))


def refusal(operation: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    """Return code and message of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        operation(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def put(dynamodb: Any, table: str = "T") -> str:
    return outcome(dynamodb.put_item, TableName=table, Item=ITEM)


def test_a_session_says_who_it_is(roles: Roles) -> None:
    """GetCallerIdentity names the assumed role and the session, and is allowed without any policy."""
    roles.make("r")

    identity = roles.client("sts", "r").get_caller_identity()

    assert (identity["Arn"], identity["Account"]) == (SESSION, ACCOUNT)
    assert identity["UserId"].endswith(":me")


def test_a_path_is_no_part_of_a_session(roles: Roles) -> None:
    """The session of a role with a path bears the role's bare name, and its policies hold."""
    roles.iam.create_role(RoleName="r", Path="/team/", AssumeRolePolicyDocument=trust())
    roles.allow("r", PUT)
    arn = f"arn:aws:iam::{ACCOUNT}:role/team/r"
    given = roles.sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    credentials = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    assert make_client("sts", credentials).get_caller_identity()["Arn"] == SESSION
    assert put(make_client("dynamodb", credentials)) == "allowed"


def test_a_persons_own_key_may_do_everything(roles: Roles) -> None:
    """Any other key, also one with a session token of somewhere else, is an administrator's."""
    own = Credentials("ASIAEXAMPLEEXAMPLE12", "secret", "IQoJb3JpZ2luX2VjE")

    assert put(make_client("dynamodb", own)) == "allowed"


def test_a_change_takes_effect_with_the_next_call(roles: Roles) -> None:
    """A policy that is put, attached, changed or taken away decides from the next call on."""
    roles.make("r")
    policy = roles.iam.create_policy(PolicyName="m", PolicyDocument=document(PUT))["Policy"]["Arn"]
    dynamodb = roles.client("dynamodb", "r")
    seen = [put(dynamodb)]

    roles.allow("r", PUT)
    seen.append(put(dynamodb))
    roles.iam.delete_role_policy(RoleName="r", PolicyName="p")
    seen.append(put(dynamodb))
    roles.iam.attach_role_policy(RoleName="r", PolicyArn=policy)
    seen.append(put(dynamodb))
    roles.iam.create_policy_version(
        PolicyArn=policy, PolicyDocument=document(allow("s3:*")), SetAsDefault=True
    )
    seen.append(put(dynamodb))
    roles.iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    seen.append(put(dynamodb))

    denied = "AccessDeniedException"
    assert seen == [denied, "allowed", denied, "allowed", denied, "allowed"]


def test_aws_managed_policies_count(roles: Roles) -> None:
    """A policy of AWS's own allows what it says."""
    roles.make("r")
    roles.iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess")

    assert put(roles.client("dynamodb", "r")) == "allowed"
    assert outcome(roles.client("sqs", "r").list_queues) == "AccessDenied"


def test_a_boundary_limits_a_role(roles: Roles) -> None:
    """A permissions boundary allows nothing by itself, and what it does not allow is refused."""
    boundary = roles.iam.create_policy(
        PolicyName="b", PolicyDocument=document(allow("dynamodb:*", table_arn("T")))
    )
    arn = boundary["Policy"]["Arn"]
    roles.make("r", allow("dynamodb:PutItem"), PermissionsBoundary=arn)
    dynamodb = roles.client("dynamodb", "r")

    assert put(dynamodb) == "allowed"
    assert outcome(dynamodb.get_item, TableName="T", Key=ITEM) == "AccessDeniedException"
    _, message = refusal(dynamodb.put_item, TableName="U", Item=ITEM)
    assert message.endswith("because no permissions boundary allows the dynamodb:PutItem action")


def test_a_session_policy_limits_a_session(roles: Roles) -> None:
    """What is said when a role is assumed narrows the role for this session alone."""
    roles.make("r", allow("dynamodb:*"))
    narrow = roles.client("dynamodb", "r", Policy=document(PUT))
    wide = roles.client("dynamodb", "r")

    assert put(narrow) == "allowed"
    _, message = refusal(narrow.get_item, TableName="T", Key=ITEM)
    assert message.endswith("because no session policy allows the dynamodb:GetItem action")
    assert outcome(wide.get_item, TableName="T", Key=ITEM) == "allowed"


@pytest.mark.parametrize("inline", [{}, {"Policy": document(PUT)}])
def test_managed_policies_limit_a_session(roles: Roles, inline: dict[str, str]) -> None:
    """Of the role's rights a session has those that its session policies allow, whichever of them it is."""
    managed = roles.iam.create_policy(
        PolicyName="m", PolicyDocument=document(allow(["dynamodb:GetItem", "dynamodb:ListTables"]))
    )
    roles.make("r", allow(["dynamodb:GetItem", "dynamodb:PutItem"], table_arn("T")))
    dynamodb = roles.client("dynamodb", "r", PolicyArns=[{"arn": managed["Policy"]["Arn"]}], **inline)

    assert outcome(dynamodb.get_item, TableName="T", Key=ITEM) == "allowed"
    assert put(dynamodb) == ("allowed" if inline else "AccessDeniedException")
    assert outcome(dynamodb.list_tables) == "AccessDeniedException"


def test_a_managed_session_policy_must_exist(roles: Roles) -> None:
    """No session is given out that is meant to be limited by a policy that is not there."""
    roles.make("r", allow("*"))
    arn = f"arn:aws:iam::{ACCOUNT}:policy/none"

    code, message = refusal(
        roles.sts.assume_role, RoleArn=ROLE, RoleSessionName="me", PolicyArns=[{"arn": arn}]
    )

    assert code == "ValidationError"
    assert arn in message


def test_a_session_ends(roles: Roles, laboratory: Laboratory) -> None:
    """After its duration a session may do nothing, and reads why in the words of each service."""
    roles.make("r", allow("*"))
    credentials = roles.assume("r", DurationSeconds=900)
    dynamodb, sts = make_client("dynamodb", credentials), make_client("sts", credentials)

    laboratory._world.clock.advance(899)
    assert put(dynamodb) == "allowed"
    laboratory._world.clock.advance(1)

    text = "The security token included in the request is expired"
    assert refusal(dynamodb.put_item, TableName="T", Item=ITEM) == ("ExpiredTokenException", text)
    assert refusal(sts.get_caller_identity) == ("ExpiredToken", text)
    assert refusal(make_client("s3", credentials).list_buckets)[0] == "ExpiredToken"


def test_a_function_is_never_too_old(roles: Roles, laboratory: Laboratory) -> None:
    """The session of a function's environment is renewed, however far the clock is advanced."""
    arn = roles.make("r", PUT, trusted=trust(Service="lambda.amazonaws.com"))
    function = replace(spec(""), role_arn=arn)
    dynamodb = make_client("dynamodb", role_session(function))

    laboratory._world.clock.advance(14 * 24 * 3600)

    assert put(dynamodb) == "allowed"


def test_an_explicit_denial_says_so(roles: Roles) -> None:
    """Whoever is denied something on purpose reads that, whatever else allows it."""
    roles.make("r", allow("*"), deny("dynamodb:PutItem", table_arn("T")))

    code, message = refusal(roles.client("dynamodb", "r").put_item, TableName="T", Item=ITEM)

    assert code == "AccessDeniedException"
    assert message == (
        f"User: {SESSION} is not authorized to perform: dynamodb:PutItem on resource: {table_arn('T')} "
        "with an explicit deny in an identity-based policy"
    )


def test_the_trust_policy_decides_who_may_assume(roles: Roles) -> None:
    """Nobody else assumes a role that trusts a service; a role that is not there reads the same."""
    roles.make("r", trusted=trust(Service="lambda.amazonaws.com"))

    for name in ("r", "none"):
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        code, message = refusal(roles.sts.assume_role, RoleArn=arn, RoleSessionName="me")
        assert code == "AccessDenied"
        assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {arn}")


@pytest.mark.parametrize(
    ("principal", "own", "expected"),
    [
        ({"AWS": ROLE}, [], "allowed"),
        ({"AWS": SESSION}, [], "allowed"),
        ({"AWS": "*"}, [], "allowed"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, [], "AccessDenied"),
        ({"AWS": ACCOUNT}, [allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/other")], "allowed"),
        ({"AWS": ROLE}, [deny("sts:AssumeRole")], "AccessDenied"),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/else"}, [allow("*")], "AccessDenied"),
    ],
)
def test_a_role_may_assume_another(
    roles: Roles, principal: dict[str, str], own: list[dict[str, Any]], expected: str
) -> None:
    """A role that is named may, one of a trusted account needs the right itself, a denial outweighs both."""
    roles.make("r", *own)
    roles.make("other", trusted=trust(**principal))

    sts = roles.client("sts", "r")

    arn = f"arn:aws:iam::{ACCOUNT}:role/other"
    assert outcome(sts.assume_role, RoleArn=arn, RoleSessionName="you") == expected


def test_an_external_id_may_be_asked_for(roles: Roles) -> None:
    """A condition of the trust policy is held against what the caller sends."""
    condition = {"StringEquals": {"sts:ExternalId": "word"}}
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    roles.make("r", trusted=document({**statement, "Condition": condition}))
    call = {"RoleArn": ROLE, "RoleSessionName": "me"}

    assert outcome(roles.sts.assume_role, **call) == "AccessDenied"
    assert outcome(roles.sts.assume_role, **call, ExternalId="other") == "AccessDenied"
    assert outcome(roles.sts.assume_role, **call, ExternalId="word") == "allowed"


def test_a_forgotten_session_is_nobody(roles: Roles, laboratory: Laboratory) -> None:
    """After a reset the credentials of a session are invalid; they do not become an administrator's."""
    roles.make("r", allow("*"))
    credentials = roles.assume("r")

    laboratory._world.reset()

    code, _ = refusal(make_client("dynamodb", credentials).list_tables)
    assert code == "UnrecognizedClientException"
    code, _ = refusal(make_client("sts", credentials).get_caller_identity)
    assert code == "InvalidClientTokenId"


def test_a_session_needs_its_token(roles: Roles) -> None:
    """The access key of a session without its token, or with another's, is refused."""
    roles.make("r", allow("*"))
    credentials, other = roles.assume("r"), roles.assume("r")

    for token in (other.session_token, "x"):
        wrong = Credentials(credentials.access_key_id, credentials.secret_access_key, token)
        assert refusal(make_client("dynamodb", wrong).list_tables)[0] == "UnrecognizedClientException"


def test_sessions_are_found_after_all_were_forgotten(roles: Roles, laboratory: Laboratory) -> None:
    """New sessions are known although as many were there before an experiment was emptied."""
    roles.make("r", PUT)
    assert put(roles.client("dynamodb", "r")) == "allowed"

    laboratory.empty()

    assert put(roles.client("dynamodb", "r")) == "allowed"


def test_a_deleted_role_allows_nothing(roles: Roles) -> None:
    """Sessions of a role that was deleted may do nothing any more."""
    roles.make("r", PUT)
    dynamodb = roles.client("dynamodb", "r")
    roles.iam.delete_role_policy(RoleName="r", PolicyName="p")
    roles.iam.delete_role(RoleName="r")

    assert put(dynamodb) == "AccessDeniedException"


def test_conditions_see_the_call(roles: Roles) -> None:
    """Keys, attributes, region and the enclosing transaction of a call can be asked for in a policy."""
    own_rows = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["a"]}}
    two_columns = {"ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "x"]}}
    elsewhere = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    together = {"StringEquals": {"dynamodb:EnclosingOperation": "TransactWriteItems"}}
    roles.make(
        "r",
        allow("dynamodb:PutItem", table_arn("T"), Condition=own_rows),
        allow("dynamodb:GetItem", table_arn("T"), Condition=two_columns),
        allow("dynamodb:Scan", table_arn("T"), Condition=elsewhere),
        allow("dynamodb:DeleteItem", table_arn("T"), Condition=together),
    )
    dynamodb = roles.client("dynamodb", "r")
    key = {"TableName": "T", "Key": ITEM}

    assert put(dynamodb) == "allowed"
    assert outcome(dynamodb.put_item, TableName="T", Item={"id": {"S": "b"}}) == "AccessDeniedException"
    assert outcome(dynamodb.get_item, **key, ProjectionExpression="x") == "allowed"
    assert outcome(dynamodb.get_item, **key, ProjectionExpression="x, y") == "AccessDeniedException"
    assert outcome(dynamodb.scan, TableName="T") == "AccessDeniedException"
    assert outcome(dynamodb.delete_item, **key) == "AccessDeniedException"
    assert outcome(dynamodb.transact_write_items, TransactItems=[{"Delete": key}]) == "allowed"


def test_a_transaction_needs_each_of_its_rights(roles: Roles) -> None:
    """One part of a transaction that is not allowed refuses it, names itself, and nothing is written."""
    roles.make("r", PUT)
    dynamodb = roles.client("dynamodb", "r")
    allowed, other = ({"Put": {"TableName": name, "Item": ITEM}} for name in ("T", "U"))

    code, message = refusal(dynamodb.transact_write_items, TransactItems=[allowed, other])

    assert (code, table_arn("U") in message) == ("AccessDeniedException", True)
    assert dynamodb.transact_write_items(TransactItems=[allowed])["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_batch_needs_its_own_right_on_each_table(roles: Roles) -> None:
    """BatchWriteItem needs itself, not PutItem, on every table that it writes to."""
    roles.make("r", PUT, allow("dynamodb:BatchWriteItem", table_arn("T")))
    dynamodb = roles.client("dynamodb", "r")
    request = [{"PutRequest": {"Item": ITEM}}]

    assert outcome(dynamodb.batch_write_item, RequestItems={"T": request}) == "allowed"
    _, message = refusal(dynamodb.batch_write_item, RequestItems={"T": request, "U": request})
    assert f"dynamodb:BatchWriteItem on resource: {table_arn('U')}" in message


def test_an_index_is_a_resource_of_its_own(roles: Roles) -> None:
    """Whoever may query a table may not yet query its index, and the other way round."""
    roles.make("r", allow("dynamodb:Query", f"{table_arn('T')}/index/*"))
    query = {
        "TableName": "T",
        "KeyConditionExpression": "id = :i",
        "ExpressionAttributeValues": {":i": {"S": "a"}},
    }
    dynamodb = roles.client("dynamodb", "r")

    assert outcome(dynamodb.query, **query) == "AccessDeniedException"
    assert outcome(dynamodb.query, **query, IndexName="byX") == "allowed"


def test_unknown_operators_are_refused_when_a_policy_is_made(roles: Roles) -> None:
    """IAM takes no policy with a condition operator that there is not."""
    roles.make("r")
    policy = json.loads(document(allow("s3:*", Condition={"StringSounds": {"aws:userid": "x"}})))

    code, _ = refusal(
        roles.iam.put_role_policy, RoleName="r", PolicyName="p", PolicyDocument=json.dumps(policy)
    )

    assert code == "MalformedPolicyDocument"
