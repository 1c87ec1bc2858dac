"""EC2's catalogues are those of plain moto, and cost nothing while nobody asks for them."""

import json
import subprocess
import sys

# moto's EC2 is imported once in a process, so that each way takes one of its own.
CORRECTED = """
from workshop.clock import SystemClock
from workshop.cloud.offline import overlay
overlay.apply(SystemClock(), ["ec2_catalogues"])
"""
CATALOGUES = """
import json
from moto.ec2.models import instance_types
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
offerings = instance_types.INSTANCE_TYPE_OFFERINGS
lists = [each for regions in offerings.values() for each in regions.values()]
rows_at_import = sum(len(each if type(each) is list else each._read or ()) for each in lists)
print(json.dumps({
    "at_import": rows_at_import,
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
    """Regions and offered instance types equal plain moto's; only that has read them at once."""
    corrected, plain = found(CORRECTED + CATALOGUES), found(CATALOGUES)

    assert corrected.pop("at_import") == 0
    assert plain.pop("at_import") > 100_000
    assert corrected == plain
    assert corrected["known"]
