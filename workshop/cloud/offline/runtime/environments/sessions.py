"""Credentials of a function's role, as Lambda gets them when it starts an environment."""

from moto.awslambda.exceptions import LambdaClientError
from moto.sts.models import sts_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.services import LAMBDA, trusts
from workshop.cloud.offline.runtime.environments.environment import Credentials
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec

__all__ = ["role_session"]

NOT_TRUSTED = "The role defined for the function cannot be assumed by Lambda."
SESSION_SECONDS = 12 * 3600


def role_session(function: FunctionSpec) -> Credentials:
    """Assume the function's role; the session is named after the function, as on AWS.

    The credentials are made for this session: nobody else has them, and they are held to the role's policies.

    Raises:
        LambdaClientError: moto's own, if there is no such role or it does not trust Lambda any more.
    """
    with LOCK:
        if not trusts(function.role_arn, LAMBDA, on_behalf_of=function.arn):
            raise LambdaClientError("AccessDeniedException", NOT_TRUSTED)
        session = sts_backends[function.account_id]["aws"].assume_role(
            region_name=function.region,
            role_session_name=function.name,
            role_arn=function.role_arn,
            policy="",
            duration=SESSION_SECONDS,
            external_id="",
        )
        # Policies may ask for lambda:SourceFunctionArn, which is known of calls from inside a function only.
        # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
        session.function_arn = function.arn
        return Credentials(session.access_key_id, session.secret_access_key, session.session_token)
