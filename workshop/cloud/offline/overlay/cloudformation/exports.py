"""What other stacks import stays as it is.

AWS neither deletes nor changes an export that another stack imports, and lists who does
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html). moto has no
ListImports and withdraws whatever a template no longer exports. Changed: ListImports is there; the operations
on stacks ask `blocked_by`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["blocked_by"]


def blocked_by(stack: Any, exports: Mapping[str, Any]) -> str | None:
    """Return why a stack cannot come to have just these exports (name → moto's export), or None."""
    backend = cloudformation_backends[stack.account_id][stack.region_name]
    for name, old in backend.exports.items():
        is_kept = name in exports and exports[name].value == old.value
        if old.exporting_stack_id != stack.stack_id or is_kept:
            continue
        if users := [user for user in _importers(backend, name) if user != stack.name]:
            verb = "updated" if name in exports else "deleted"
            return f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}"
    return None


def _importers(backend: Any, name: str) -> list[str]:
    return sorted(
        stack.name
        for stack in backend.stacks.values()
        if any(resource.is_there for resource in getattr(stack, "deployed", {}).values())
        and name in _imported(stack.template_dict, stack.resource_map)
    )


def _imported(value: Any, resources: Any) -> Iterator[str]:
    for element in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _imported(element, resources)
    if isinstance(value, dict) and "Fn::ImportValue" in value:
        yield str(parsing.clean_json(value["Fn::ImportValue"], resources))


@corrects(CloudFormationResponse, "list_imports")
def _list_imports(request: Any) -> Any:
    name = request._get_param("ExportName")
    users = _importers(request.cloudformation_backend, name)
    if not users:
        raise ValidationError(message=f"Export '{name}' is not imported by any stack.")
    return ActionResult({"Imports": users})
