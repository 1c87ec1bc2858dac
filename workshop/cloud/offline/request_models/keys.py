"""What AWS demands of a new key: that what it is for and what it is made of go together.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from collections.abc import Mapping
from typing import Any

from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["key_spec_problem"]

ENCRYPTING, SIGNING, AGREEING = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"
# How a kind of key begins → what keys of it may be for.
USAGES = {
    "SYMMETRIC": {ENCRYPTING},
    "HMAC": {"GENERATE_VERIFY_MAC"},
    "RSA": {ENCRYPTING, SIGNING},
    "ECC_NIST": {SIGNING, AGREEING},
    "ECC_SECG": {SIGNING},
    "ML_DSA": {SIGNING},
    "SM2": {ENCRYPTING, SIGNING, AGREEING},
}


def key_spec_problem(given: Mapping[str, Any]) -> ModelError | None:
    """Return the error of a key whose kind is not for what it shall do, else None."""
    spec = str(given.get("KeySpec") or given.get("CustomerMasterKeySpec") or "SYMMETRIC_DEFAULT")
    usage = given.get("KeyUsage") or ENCRYPTING
    if any(spec.startswith(kind) and usage not in usages for kind, usages in USAGES.items()):
        text = f"KeyUsage {usage} is not compatible with KeySpec {spec}"
        return ModelError("ValidationException", text)
    return None
