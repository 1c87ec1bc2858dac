"""Services that hardly any template names: they are loaded when one does, and then nothing is missing."""

import json
import subprocess
import sys

# What is loaded stays loaded, so that this takes a process of its own.
PROGRAM = """
import json, sys
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
overlay.apply(ManualClock())
from moto.cloudformation import parsing
from workshop.cloud.offline.overlay.cloudformation.catalogue.services import (
    LATER, load_service_of, moto_models
)
from workshop.cloud.offline.overlay.correct import plain_moto
at_first = [service for service in LATER.values() if f"moto.{service}" in sys.modules]
one = parsing.resource_class_from_type("AWS::EC2::VPC").__module__
for name in LATER:
    load_service_of(f"AWS::{name}::Any")
homes = {kind: of.__module__.split(".")[1] for kind, of in parsing.get_model_map().items()}
later = {kind: home for kind, home in homes.items() if home in LATER.values()}
unreachable = [kind for kind, home in later.items() if LATER.get(kind.split("::")[1]) != home]
ours = set(moto_models())
with plain_moto():
    is_same = set(parsing.get_model_list()) == ours
print(json.dumps({
    "at_first": at_first, "one": one, "count": len(later), "unreachable": unreachable, "is_same": is_same
}))
"""


def test_a_service_is_loaded_with_its_first_resource() -> None:
    """None of them is there at first; each type's name leads to the service that has its class.

    When all are, the types are those of plain moto.
    """
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)

    found = json.loads(done.stdout)
    assert found["at_first"] == []
    assert found["one"] == "moto.ec2.models.vpcs"
    # What moto's own base class answers to.
    assert found["unreachable"] == ["AWS::SERVICE::RESOURCE"]
    assert found["count"] > 50
    assert found["is_same"]
