"""What is deleted or broken stops its own mapping, and nothing else."""

import pytest
from botocore.exceptions import ClientError
from moto.awslambda.utils import get_backend
from moto.moto_api._internal.models import moto_api_backend

from tests.cloud.documents import zip_of
from tests.cloud.runtime.world import World, client, raising
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.invocations.functions import find_function
from workshop.cloud.offline.server import OfflineCloud


def test_deleted_function_is_a_problem_of_its_mapping_alone(world: World) -> None:
    """When a function is deleted its mapping reports a problem, keeps its place, and others go on."""
    world.function("F")
    world.function("G")
    arn = world.stream()
    uuid = world.map(arn, "F")
    world.map(arn, "G")
    world.put(1)
    world.step()
    client("lambda").delete_function(FunctionName="F")
    world.put(2)

    world.step()

    assert world.mapping(uuid)["LastProcessingResult"].startswith("PROBLEM: Function not found")
    assert (world.batches("F"), world.batches("G")) == ([[1]], [[1], [2]])


def test_function_that_comes_back_is_served(world: World) -> None:
    """When the function exists again its mapping goes on where it was."""
    uuid = world.connect()
    client("lambda").delete_function(FunctionName="F")
    world.put(1)
    world.step()

    world.function()
    world.step()

    assert world.batches() == [[1]]
    assert world.mapping(uuid)["LastProcessingResult"] == "OK"


@pytest.mark.parametrize("kind", ["stream", "table"])
def test_deleted_stream_is_a_problem_of_its_mapping_alone(world: World, kind) -> None:
    """When a stream or table is deleted its mapping reports a problem, and others go on."""
    world.function("F")
    world.function("G")
    uuid = world.map(world.stream("gone") if kind == "stream" else world.table("gone"), "F")
    world.map(world.stream(), "G")
    world.step()
    if kind == "stream":
        client("kinesis").delete_stream(StreamName="gone")
    else:
        client("dynamodb").delete_table(TableName="gone")
    world.put(1)

    assert world.step() is None

    assert world.mapping(uuid)["LastProcessingResult"].startswith("PROBLEM: Event source not found")
    assert world.batches("G") == [[1]]
    assert world.runtime.status()["mappings"][0]["last_result"].startswith("PROBLEM")


def test_new_code_runs_in_new_environments(world: World) -> None:
    """After a change of code or configuration the next batch runs in a fresh environment."""
    world.connect()
    for change in (
        lambda: None,
        lambda: None,
        lambda: client("lambda").update_function_code(FunctionName="F", ZipFile=zip_of("a = 2")),
        lambda: client("lambda").update_function_configuration(FunctionName="F", Timeout=9),
    ):
        change()
        world.put(1)
        world.step()

    assert world.fakes.created == ["F", "F", "F"]
    assert world.runtime.status()["environments"] == {"warm": 1, "busy": 0}


def test_new_layer_makes_new_environments(world: World) -> None:
    """A layer that is attached to a function reaches its environments."""
    layer = client("lambda").publish_layer_version(
        LayerName="layer", Content={"ZipFile": zip_of("N = 1", name="python/a.py")}
    )
    world.function()
    world.runtime.invoke("F", b"{}", region="us-east-1")

    client("lambda").update_function_configuration(FunctionName="F", Layers=[layer["LayerVersionArn"]])
    world.runtime.invoke("F", b"{}", region="us-east-1")

    assert world.fakes.created == ["F", "F"]


def layer_of(function: str) -> bool:
    """Return whether the runtime finds the code of the function's layer."""
    reference = FunctionReference(function)
    return bool(find_function(reference, region="us-east-1", account_id="123456789012").layers)


def test_a_deleted_layer_stays_with_its_functions(world: World) -> None:
    """Functions and versions that have a layer keep it when it is deleted; no other can be given it."""
    layers = client("lambda")
    arns = [
        layers.publish_layer_version(LayerName="layer", Content={"ZipFile": zip_of("", name="python/a.py")})[
            "LayerVersionArn"
        ]
        for _ in range(2)
    ]
    for name, arn in zip("FG", arns, strict=True):
        world.function(name, Layers=[arn])

    layers.delete_layer_version(LayerName="layer", VersionNumber=1)
    with plain_moto():
        layers.delete_layer_version(LayerName="layer", VersionNumber=2)

    assert (layer_of("F"), layer_of("G")) == (True, False)
    with pytest.raises(ClientError):
        layers.update_function_configuration(FunctionName="G", Layers=[arns[0]])
    layers.delete_function(FunctionName="F")
    arns.append(
        layers.publish_layer_version(LayerName="layer", Content={"ZipFile": zip_of("", name="a.py")})[
            "LayerVersionArn"
        ]
    )
    layers.delete_layer_version(LayerName="layer", VersionNumber=3)
    assert get_backend("123456789012", "us-east-1").deleted_layers == {}


def test_idle_environments_are_taken_away(world: World) -> None:
    """An environment that has been idle for some minutes is closed; the next batch starts cold."""
    world.connect()
    world.put(1)
    world.step()

    world.step(301)
    assert world.runtime.status()["environments"] == {"warm": 0, "busy": 0}
    world.put(2)
    world.step()

    assert world.fakes.created == ["F", "F"]


def test_reset_forgets_everything(world: World) -> None:
    """After a reset there are no mappings, events or environments; new ones are served as ever."""
    world.connect()
    world.put(1)
    world.step()
    client("lambda").invoke(FunctionName="F", InvocationType="Event")

    world.runtime.reset()

    status = world.runtime.status()
    assert status["mappings"] == []
    assert status["environments"] == {"warm": 0, "busy": 0}
    assert (status["in_flight"], status["waiting_events"]) == ({}, 0)


def test_what_begins_during_a_reset_is_forgotten_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event that comes while the backends are being emptied does not outlive them."""
    cloud = OfflineCloud(port=0)
    cloud._runtime = world.runtime
    world.function()
    empty = moto_api_backend.reset

    def reset() -> None:
        world.runtime.invoke("F", b"{}", region="us-east-1", invocation_type="Event")
        empty()

    monkeypatch.setattr(moto_api_backend, "reset", reset)
    with cloud._listener._server:
        cloud.reset()

    assert world.runtime.status()["waiting_events"] == 0


def test_disabled_stream_is_read_to_its_end(world: World) -> None:
    """When a table's stream is switched off, what it holds is still sent."""
    world.connect(source=world.table())
    world.put_item("a")
    client("dynamodb").update_table(TableName="T", StreamSpecification={"StreamEnabled": False})

    world.step()

    assert world.batches() == [["a"]]


def test_stumbling_runtime_does_not_lose_a_batch(world: World) -> None:
    """If an environment breaks in an unforeseen way, the batch is sent again and no retry is used up."""
    uuid = world.connect(raising(RuntimeError("unforeseen"), None), MaximumRetryAttempts=0)
    world.put(1)
    world.step()
    assert world.mapping(uuid)["LastProcessingResult"] == "PROBLEM: RuntimeError: unforeseen"

    world.run(until_seconds=1)

    assert world.batches() == [[1], [1]]
    assert world.mapping(uuid)["LastProcessingResult"] == "OK"


def test_stumbling_runtime_does_not_lose_an_event(world: World) -> None:
    """An asynchronous event is sent again after such a breakdown, too."""
    world.function(handler=raising(RuntimeError("unforeseen"), None))
    client("lambda").invoke(FunctionName="F", InvocationType="Event")

    world.run(until_seconds=5)

    assert len(world.sent()) == 2


def test_mapping_that_cannot_be_served_does_not_stop_others(world: World) -> None:
    """A mapping that the engine cannot make sense of reports a problem, and others go on."""
    world.function("F")
    world.function("G")
    arn = world.stream()
    uuid = world.map(arn, "F")
    world.map(arn, "G")
    broken = get_backend("123456789012", "us-east-1").get_event_source_mapping(uuid)
    broken.max_retry_attempts = "no number"
    world.put(1)

    world.step()

    assert world.batches("G") == [[1]]
    assert broken.last_processing_result.startswith("PROBLEM: ValueError")


def test_late_outcome_of_a_recovered_batch_changes_nothing(world: World) -> None:
    """When a batch was sent again after a restart, the outcome of its first sending is ignored."""
    world.connect()
    world.put(1)
    outcomes = []

    def handler(event):
        if not outcomes:
            outcomes.append("first")
            world.runtime.stop()
            world.runtime = world.new_runtime()
            world.step()

    world.fakes.handlers["F"] = handler
    world.step()
    world.put(2)
    world.step()

    assert world.batches() == [[1], [1], [2]]
