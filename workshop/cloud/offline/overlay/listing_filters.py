"""What narrows a listing: the arguments that moto leaves aside, after which everything is listed.

Support for `pages`, which looks at these before it cuts a list; no correction of its own. Sources are the
operations' own pages, such as https://docs.aws.amazon.com/lambda/latest/api/API_ListAliases.html.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["FILTERS"]

# Whether an element of a list is wanted by the value of an argument.
Wanted = Callable[[Any, Any], bool]


def _compatible(kind: str) -> Wanted:
    return lambda version, wanted: wanted in version.get(kind, ())


COMPATIBLE: Mapping[str, Wanted] = {
    "CompatibleArchitecture": _compatible("CompatibleArchitectures"),
    "CompatibleRuntime": _compatible("CompatibleRuntimes"),
}
IN_PATH: Mapping[str, Wanted] = {"PathPrefix": lambda entity, prefix: _of(entity, "path").startswith(prefix)}
NAMED: Mapping[str, Wanted] = {"NamePrefix": lambda entry, prefix: entry["Name"].startswith(prefix)}


def _of(entity: Any, name: str) -> Any:
    """Return a member of what moto describes by its model, or by a mapping."""
    return entity[name.capitalize()] if isinstance(entity, Mapping) else getattr(entity, name)


def _has_action(alarm: Any, prefix: str) -> bool:
    actions = (*alarm.alarm_actions, *alarm.ok_actions, *alarm.insufficient_data_actions)
    return any(action.startswith(prefix) for action in actions)


def _has_dimensions(alarm: Any, wanted: Iterable[Mapping[str, str]]) -> bool:
    own = {(dimension.name, dimension.value) for dimension in alarm.dimensions}
    return own == {(dimension["Name"], dimension["Value"]) for dimension in wanted}


# moto itself heeds but one of these at a time.
ALARMS: Mapping[str, Wanted] = {
    "ActionPrefix": _has_action,
    "AlarmNamePrefix": lambda alarm, prefix: alarm.name.startswith(prefix),
    "AlarmTypes": lambda _alarm, kinds: "MetricAlarm" in kinds,
    "StateValue": lambda alarm, value: bool(alarm.state_value == value),
}
ALARMS_OF_METRIC: Mapping[str, Wanted] = {
    "Dimensions": _has_dimensions,
    "ExtendedStatistic": lambda alarm, wanted: bool(alarm.extended_statistic == wanted),
    "Period": lambda alarm, wanted: int(alarm.period or 0) == int(wanted),
    "Statistic": lambda alarm, wanted: bool(alarm.statistic == wanted),
    "Unit": lambda alarm, wanted: bool(alarm.unit == wanted),
}


def _by(tests: Mapping[str, Wanted]) -> Callable[[Any, list[Any]], list[Any]]:
    def chosen(request: Any, entries: list[Any]) -> list[Any]:
        for name, test in tests.items():
            if (value := request._get_param(name)) not in (None, "", []):
                entries = [entry for entry in entries if test(entry, value)]
        return entries

    return chosen


def _layers(request: Any, layers: list[Any]) -> list[Any]:
    """Return the layers with a version that fits, each with the latest of those."""
    fitting = _by(COMPATIBLE)
    found = []
    for layer in layers:
        versions = request.backend.list_layer_versions(layer["LayerName"])
        latest_first = sorted(versions, key=lambda version: int(version.version), reverse=True)
        if described := fitting(request, [version.get_layer_version() for version in latest_first]):
            found.append({**layer, "LatestMatchingVersion": described[0]})
    return found


# By moto's method: what a request leaves of the list in its answer.
FILTERS: Mapping[str, Callable[[Any, list[Any]], list[Any]]] = {
    "describe_alarms": _by(ALARMS),
    "describe_alarms_for_metric": _by(ALARMS_OF_METRIC),
    "describe_subscription_filters": _by(
        {"filterNamePrefix": lambda entry, prefix: entry["filterName"].startswith(prefix)}
    ),
    "list_aliases": _by({"FunctionVersion": lambda alias, wanted: bool(alias["FunctionVersion"] == wanted)}),
    "list_api_destinations": _by(
        {**NAMED, "ConnectionArn": lambda entry, wanted: bool(entry["ConnectionArn"] == wanted)}
    ),
    "list_connections": _by(
        {**NAMED, "ConnectionState": lambda entry, wanted: bool(entry["ConnectionState"] == wanted)}
    ),
    "list_groups": _by(IN_PATH),
    "list_instance_profiles": _by(IN_PATH),
    "list_layer_versions": _by(COMPATIBLE),
    "list_layers": _layers,
    "list_server_certificates": _by(IN_PATH),
}
