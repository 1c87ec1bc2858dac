"""What an account may run at a time, and what it uses.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html, and for the amounts
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. moto does not offer the call.
Added: the call. The limits are those of an account that has been raised to AWS's default of 1,000.
In moto's paths a function's name has no `$`, so that `F:$LATEST` is found nowhere. Changed: the paths.
"""

import json
from typing import Any

from moto.awslambda import urls
from moto.awslambda.responses import LambdaResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.invocations.concurrency import ACCOUNT_CONCURRENCY

_MOTO_PATHS = urls.url_paths

NAMES = r"(?P<function_name>[\w_:%-"

CODE_LIMITS = {
    "TotalCodeSize": 75 * 1024**3,
    "CodeSizeUnzipped": 250 * 1024**2,
    "CodeSizeZipped": 50 * 1024**2,
}


# moto has a dict there, and no function.
@corrects(urls, "url_paths", kind=lambda paths: paths())
def _paths() -> dict[str, Any]:
    paths = {path.replace(NAMES, rf"{NAMES[:-1]}\x24-"): take for path, take in _MOTO_PATHS.items()}
    return {**paths, r"{0}/(?P<api_version>[^/]+)/account-settings/?$": LambdaResponse.dispatch}


@corrects(LambdaResponse, "get_account_settings")
def _get_account_settings(self: Any) -> tuple[int, dict[str, str], str]:
    functions = self.backend.list_functions()
    reserved = sum(int(function.reserved_concurrency or 0) for function in functions)
    versions = [
        each for one in functions for each in self.backend.list_versions_by_function(one.function_name)
    ]
    limits = {
        **CODE_LIMITS,
        "ConcurrentExecutions": ACCOUNT_CONCURRENCY,
        "UnreservedConcurrentExecutions": ACCOUNT_CONCURRENCY - reserved,
    }
    usage = {
        "TotalCodeSize": sum(each.code_size for each in versions),
        "FunctionCount": len(functions),
    }
    return 200, {}, json.dumps({"AccountLimit": limits, "AccountUsage": usage})
