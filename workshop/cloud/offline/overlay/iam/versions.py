"""Policies of IAM need no `Version`.

AWS takes a policy without `Version` for one of 2008-10-17, and accepts both versions
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html); the policy
templates of the Serverless Application Model leave it out. moto refuses every policy that does not say
2012-10-17. Changed: that check. A version that is none of the two is still refused.
"""

from typing import Any

from moto.iam.policy_validation import BaseIAMPolicyValidator

from workshop.cloud.offline.overlay.correct import corrects


@corrects(BaseIAMPolicyValidator, "_validate_version")
def _accept_version(_validator: Any) -> None:
    """Accept whatever passed the check of the syntax."""
