"""URLs of functions are refused by name.

AWS serves a function at an address of its own. Source:
https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html

moto stores such a configuration, and no address answers. Changed: creating and updating one is refused, so
that nobody waits for calls that never come. None exists, so that reading and deleting find nothing.
"""

from typing import Any

from moto.awslambda.responses import LambdaResponse

from workshop.cloud.offline.overlay.correct import corrects


@corrects(LambdaResponse, "create_function_url_config")
@corrects(LambdaResponse, "update_function_url_config")
def _refuse(_self: Any) -> Any:
    raise NotImplementedError("functions have no URLs here; call Invoke instead")
