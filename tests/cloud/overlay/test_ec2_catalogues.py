"""EC2's catalogues are those of plain moto, and cost nothing while nobody asks for them.

Nor does what checks OpenAPI documents.
"""

import json
import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.conftest import Account

# moto's EC2 is imported once in a process, so that each way takes one of its own.
CORRECTED = """
from workshop.clock import SystemClock
from workshop.cloud.offline import overlay
overlay.apply(SystemClock(), ["ec2_catalogues"])
"""
CATALOGUES = """
import json
import sys
import moto.apigateway.models
from moto.ec2.models import instance_types
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
offerings = instance_types.INSTANCE_TYPE_OFFERINGS
lists = [each for regions in offerings.values() for each in regions.values()]
rows_at_import = sum(len(each if type(each) is list else each._read or ()) for each in lists)
print(json.dumps({
    "at_import": rows_at_import,
    "validates": "jsonschema" in sys.modules,
    "regions": [vars(region) for region in RegionsAndZonesBackend.regions],
    "places": {kind: sorted(regions) for kind, regions in offerings.items()},
    "offerings": {kind: list(regions["eu-west-1"]) for kind, regions in offerings.items()},
    "known": {"InstanceType": "t3.micro", "Location": "us-east-1", "LocationType": "region"}
    in offerings["region"]["us-east-1"],
}))
"""


def found(program: str) -> dict:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return json.loads(done.stdout)


def test_catalogues_are_those_of_plain_moto() -> None:
    """Regions and offered instance types equal plain moto's; only that has read them at once.

    The same is true of what checks the documents of API Gateway.
    """
    corrected, plain = found(CORRECTED + CATALOGUES), found(CATALOGUES)

    assert (corrected.pop("validates"), plain.pop("validates")) == (False, True)
    assert corrected.pop("at_import") == 0
    assert plain.pop("at_import") > 100_000
    assert corrected == plain
    assert corrected["known"]


def test_documents_are_checked(account: Account) -> None:
    """API Gateway refuses what is no OpenAPI document, each time with the reason, and takes what is one."""
    gateway = account.client("apigateway")
    document: dict[str, Any] = {
        "openapi": "3.0.0",
        "info": {"title": "t", "version": "1", "description": "d"},
    }
    for _ in range(2):
        with pytest.raises(ClientError, match="Failed to parse the uploaded OpenAPI document"):
            gateway.import_rest_api(failOnWarnings=True, body=json.dumps(document))

    made = gateway.import_rest_api(failOnWarnings=True, body=json.dumps({**document, "paths": {}}))

    assert made["name"] == "t"
