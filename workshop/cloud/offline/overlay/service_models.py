"""Descriptions of AWS's services are kept without the text of their documentation.

boto3 ships each API as a JSON document with AWS's own reference in it, which makes most of its size. moto
reads requests and writes answers by these documents; nobody here reads the reference. Changed: what the
loader gives out has empty texts there. Shapes, members and errors are the same. moto also looks through the
folders of all services for each description that it loads; here one loader does so once.
"""

import json
import os
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader
from moto.core import utils

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_CREATE_LOADER = utils.create_loader


@corrects(utils, "create_loader")
@cache
def _create_loader() -> Any:
    return _MOTO_CREATE_LOADER()


@corrects(JSONFileLoader, "_load_file")
def _load_file(_self: Any, full_path: str, open_method: Callable[..., Any]) -> Any:
    if not os.path.isfile(full_path):  # noqa: PTH113 - as the loader asks for many that are not there
        return None
    with open_method(full_path, "rb") as file:
        return json.load(file, object_hook=_without_documentation)


def _without_documentation(document: dict[str, Any]) -> dict[str, Any]:
    # boto3 wants there to be one. A member may have that name as well; its value is a reference to a shape.
    if isinstance(document.get("documentation"), str):
        document["documentation"] = ""
    return document
