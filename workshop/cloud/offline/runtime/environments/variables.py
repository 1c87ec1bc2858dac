"""The environment variables that a handler finds. Pure.

Nothing of the user's own shell comes along: a handler that works here works in an account that knows
nothing of this machine.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
"""

from collections.abc import Mapping
from pathlib import Path

from workshop.cloud.offline.runtime.environments.environment import Credentials
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec

__all__ = ["RESERVED_NAMES", "environment_variables", "machine_variables"]

# Names that a function's configuration may not set.
RESERVED_NAMES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)

# What an interpreter needs to start on some machines: Windows' own folders, a Python built with shared
# libraries.
MACHINE_NAMES = ("SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


def environment_variables(
    function: FunctionSpec, *, credentials: Credentials, log_stream: str, endpoint_url: str
) -> dict[str, str]:
    """Return what Lambda sets, the endpoint of the offline cloud, and the function's own variables."""
    own = dict(function.environment)
    given = {
        "_HANDLER": function.handler,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
    }
    defaults = {
        "AWS_ENDPOINT_URL": endpoint_url,
        # The backend does not answer at the account's own host names, which newer clients prefer.
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
        "LANG": "en_US.UTF-8",
    }
    # A function may set its own endpoint, as on AWS, but none of the reserved names.
    return {**defaults, **own, **given}


def machine_variables(inherited: Mapping[str, str], *, home: Path, windows: bool) -> dict[str, str]:
    """Return what depends on the machine: programs, temporary files, time zone.

    ``home`` is private to the environment, so that no client finds the profiles of the person at this
    machine.
    """
    kept = {name: inherited[name] for name in MACHINE_NAMES if name in inherited}
    if windows:
        path = rf"{inherited.get('SYSTEMROOT', 'C:/Windows')}\System32"
        folders = dict.fromkeys(("USERPROFILE", "TEMP", "TMP"), str(home))
        return {**kept, **folders, "PATH": path, "TZ": "UTC"}
    return {
        **kept,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "TZ": ":UTC",
    }
