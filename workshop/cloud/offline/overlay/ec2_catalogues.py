"""EC2's catalogue of instance types is read once somebody asks for it, and its regions without its API.

AWS offers each instance type in some regions and zones:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypeOfferings.html. CloudFormation
imports moto's EC2, and that reads all 150,000 offerings, which take 48 MB for as long as the process lives.
For the names of EC2's regions, botocore reads the description of its whole API, which takes 30 MB, to learn
that its endpoints are called `ec2`.

Changed: an offering list is read when it is looked into for the first time, and is the same list then; the
name of EC2's endpoints is known. Effective where this is installed before moto's EC2 is imported.
"""

import sys
from collections import UserList
from functools import cache
from pathlib import PurePath
from typing import Any

from botocore.session import Session
from moto.utilities import utils

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_LOAD_RESOURCE = utils.load_resource
_BOTO_REGIONS = Session.get_available_regions
_FOLDER = PurePath("ec2/resources/instance_type_offerings")
_READER = "moto.ec2.models.instance_types"


class _Offerings(UserList[dict[str, Any]]):
    """The offerings of one region, as a list that is empty until moto's module is imported as a whole."""

    def __init__(self, path: PurePath) -> None:
        self._path = path
        self._read: list[dict[str, Any]] | None = None

    @property
    def data(self) -> list[dict[str, Any]]:  # type: ignore[override] # an attribute there
        if self._read is None:
            if not hasattr(sys.modules.get(_READER), "InstanceTypeOfferingBackend"):
                return []
            # What moto's module does to each list right behind the import.
            location_type = self._path.parent.name
            read = _MOTO_LOAD_RESOURCE(self._path.as_posix())
            self._read = [{**offering, "LocationType": location_type} for offering in read]
        return self._read


@corrects(utils, "load_resource")
def _load_resource(resource: str) -> Any:
    path = PurePath(resource)
    return _Offerings(path) if path.is_relative_to(_FOLDER) else _MOTO_LOAD_RESOURCE(resource)


@corrects(Session, "get_available_regions")
def _get_available_regions(
    self: Any, service_name: str, partition_name: str = "aws", allow_non_regional: bool = False
) -> Any:
    if service_name != "ec2":
        return _BOTO_REGIONS(self, service_name, partition_name, allow_non_regional)
    return _resolver().get_available_endpoints("ec2", partition_name, allow_non_regional)


@cache
def _resolver() -> Any:
    # moto asks three times, each time by a session of its own, and each session would read all endpoints.
    session: Any = Session()
    return session._get_internal_component("endpoint_resolver")
