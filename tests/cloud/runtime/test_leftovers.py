"""What nobody takes away has a limit, and the oldest goes first."""

from moto.cloudwatch.models import cloudwatch_backends

from tests.cloud.conftest import REGION, Account
from workshop.cloud.offline.runtime import leftovers
from workshop.settings import ACCOUNT_ID


def test_the_oldest_log_events_go_first(account: Account, monkeypatch) -> None:
    """Beyond the limit for all log groups, the events that happened first are gone, whoever wrote them."""
    monkeypatch.setattr(leftovers, "EVENTS", 10)
    logs, now = account.client("logs"), int(account.clock.now() * 1000)
    for number, group in enumerate(("G", "H")):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        # Those of G came before those of H.
        moments = range(now - 100 + 50 * number, now - 50 + 50 * number)
        events = [{"timestamp": moment, "message": "x" * 100} for moment in moments]
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)

    leftovers.shorten_logs(60 * (leftovers.EVENT_BYTES + 100))

    kept = {
        group: [event["timestamp"] for event in logs.filter_log_events(logGroupName=group)["events"]]
        for group in ("G", "H")
    }
    assert kept == {"G": list(range(now - 60, now - 50)), "H": list(range(now - 50, now))}


def test_the_oldest_values_of_metrics_go_first(account: Account) -> None:
    """Beyond the limit, the values that were put first are gone."""
    client = account.client("cloudwatch")
    for value in range(10):
        client.put_metric_data(Namespace="N", MetricData=[{"MetricName": "M", "Value": value}])

    leftovers.shorten_metrics(4)

    values = cloudwatch_backends[ACCOUNT_ID][REGION].metric_data
    assert [value.value for value in values] == [6, 7, 8, 9]
