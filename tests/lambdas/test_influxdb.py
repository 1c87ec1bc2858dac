"""What functions send to InfluxDB is found by the queries of the Grafana dashboard, in a real InfluxDB."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import yaml
from common import reporting
from common.reporting import report

from tests.lambdas.handler_bench import ROOT
from tests.ports import free_port
from workshop.settings import DEFAULT_HOST

INFLUXD = shutil.which("influxd")
GRAFANA = ROOT / "docs" / "grafana"
SETTINGS = """
reporting-disabled = true
bind-address = "{host}:{other}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
[http]
bind-address = "{host}:{port}"
[monitor]
store-enabled = false
"""

pytestmark = pytest.mark.skipif(
    INFLUXD is None, reason="InfluxDB is not installed; `sudo apt install influxdb` installs it"
)


@pytest.fixture(scope="module")
def influxdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an InfluxDB with the database of the dashboard's data source."""
    folder, port = tmp_path_factory.mktemp("influxdb"), free_port()
    settings = folder / "influxdb.conf"
    settings.write_text(SETTINGS.format(host=DEFAULT_HOST, port=port, other=free_port(), folder=folder))
    assert INFLUXD is not None
    with subprocess.Popen([INFLUXD, "-config", str(settings)], stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert any("Listening on HTTP" in line for line in server.stderr)
            address = f"http://{DEFAULT_HOST}:{port}"
            ask(address, f"CREATE DATABASE {database()}")
            yield address
        finally:
            server.kill()


def forget() -> None:
    """Take away what an environment remembers."""
    reporting._settings.cache_clear()
    reporting._influxdb.cache_clear()


def database() -> str:
    """Return the database that Grafana asks."""
    document = yaml.safe_load((GRAFANA / "provisioning/datasources/trade-risk.yaml").read_text())
    return str(document["datasources"][0]["jsonData"]["dbName"])


def ask(address: str, query: str) -> list[dict[str, Any]]:
    """Return the series that a query finds."""
    body = urlencode({"db": database(), "q": query}).encode()
    with urlopen(Request(f"{address}/query", data=body)) as answer:  # noqa: S310 - of this test
        [result] = json.load(answer)["results"]
    assert "error" not in result, result
    return list(result.get("series", ()))


def targets() -> list[tuple[str, str]]:
    """Return the title of each panel with each of its queries, as Grafana sends it."""
    panels = json.loads((GRAFANA / "trade-risk.json").read_text())["panels"]
    replaced = {"$timeFilter": "time >= now() - 5m", "$__interval": "10s"}
    found = []
    for panel in panels:
        for target in panel["targets"]:
            query = target["query"]
            for name, value in replaced.items():
                query = query.replace(name, value)
            assert "$" not in query
            found.append((f"{panel['title']}: {target['alias']}", query))
    return found


def test_the_dashboard_finds_what_functions_send(influxdb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each query finds the batches of each function that it is about, with the values that were sent."""
    monkeypatch.setenv("INFLUXDB_URL", f"{influxdb}/write?db={database()}")
    # A busy machine may take its time, and no point may be missing here.
    monkeypatch.setattr(reporting, "SECONDS_TO_SEND", 60.0)
    for stage in ("state", "map", "reduce"):
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", f"one-{stage}")
        forget()
        reporting.RETRIES["busy"] = 0
        counts = {"records": 10, "repeated": 2, "quarantined": 3}
        report(stage, counts, {1000: 99, 4000: 1})
        reporting.RETRIES["busy"] = 4
        report(stage, {**counts, "records": 30}, {3000: 100})
    forget()

    found = {
        name: {
            series["tags"]["function"]: [value for _, value in series["values"] if value is not None]
            for series in ask(influxdb, query)
        }
        for name, query in targets()
    }

    means = {"one-state", "one-map", "one-reduce"}
    assert {name: set(functions) for name, functions in found.items()} == {
        name: {"one-reduce"} if name.startswith("Latency from") else means for name in found
    }
    peaks = {name: {max(values) for values in functions.values()} for name, functions in found.items()}
    # 200 messages within a second, or 100 in each of two, are 10 a second over twenty.
    assert peaks["Throughput, rolling mean over 20 s: $tag_function"] == {10}
    assert peaks["Latency from the message to the totals: maximum"] == {4}
    assert peaks["Latency from the message to the totals: highest p99 of a batch"] == {3}
    totals = {name: {sum(values) for values in functions.values()} for name, functions in found.items()}
    assert totals["Came again: $tag_function: DynamoDB busy"] == {4}
    assert totals["Came again: $tag_function: applied before"] == {4}
    assert totals["Set aside: $tag_function"] == {6}
