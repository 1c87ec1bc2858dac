"""Rules of a bucket's lifecycle."""

from typing import Any

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

RULE = {"Status": "Enabled", "Filter": {"Prefix": ""}}
NOTHING = "At least one action needs to be specified in a rule"


def test_a_rule_has_an_action(account: Account, refused: Any) -> None:
    """One that does nothing is refused beside one that does something; plain moto keeps it."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    rules = [{"ID": "a", **RULE, "Expiration": {"Days": 1}}, {"ID": "b", **RULE}]
    wanted = {"Bucket": "box", "LifecycleConfiguration": {"Rules": rules}}

    error = refused(s3.put_bucket_lifecycle_configuration, **wanted)
    with plain_moto():
        s3.put_bucket_lifecycle_configuration(**wanted)

    assert error == ("InvalidRequest", NOTHING)
