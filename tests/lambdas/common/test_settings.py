"""What the functions are told by their environment, and what happens when it is not there."""

import pytest
from common.settings import MapSettings, MissingSettingError, ReduceSettings, ReportSettings, StateSettings

ENVIRON = {
    "HIERARCHY_LEVELS": "RiskType, TradeDesk,Region",
    "STATE_TABLE_NAME": "state",
    "REDUCE_TABLE_NAME": "reduce",
    "AGGREGATE_TABLE_NAME": "aggregate",
    "LEDGER_TABLE_NAME": "ledger",
    "QUARANTINE_TABLE_NAME": "quarantine",
    "_HANDLER": "stateful.map.handler",
}


def test_settings_are_read_once_from_the_environment() -> None:
    """Each field is the variable with its upper-case name; levels are a list."""
    settings = MapSettings.from_environ(ENVIRON)

    assert settings.hierarchy_levels == ("RiskType", "TradeDesk", "Region")
    assert (settings.reduce_table_name, settings.ledger_table_name) == ("reduce", "ledger")


@pytest.mark.parametrize(
    ("kind", "variable"),
    [
        (StateSettings, "HIERARCHY_LEVELS"),
        (StateSettings, "STATE_TABLE_NAME"),
        (MapSettings, "REDUCE_TABLE_NAME"),
        (MapSettings, "LEDGER_TABLE_NAME"),
        (ReduceSettings, "AGGREGATE_TABLE_NAME"),
        (ReduceSettings, "QUARANTINE_TABLE_NAME"),
    ],
)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_variable_is_named_with_its_template(
    kind: type[StateSettings], variable: str, value: str | None
) -> None:
    """A variable that is not set, or empty, is an error that says which, and where to set it."""
    environ = {name: text for name, text in (ENVIRON | {variable: value}).items() if text is not None}

    with pytest.raises(MissingSettingError, match=rf"`{variable}` is not set.*cloudformation/stateful.yaml"):
        kind.from_environ(environ)


@pytest.mark.parametrize("environ", [{}, {"EMBEDDED_METRICS": "", "INFLUXDB_URL": " "}])
def test_a_variable_that_may_be_missing_may_be_empty(environ: dict[str, str]) -> None:
    """A template passes a parameter without a value on as an empty text."""
    assert ReportSettings.from_environ(environ) == ReportSettings()


@pytest.mark.parametrize("levels", [",", "a,,b", "a,a", ",".join(map(str, range(91)))])
def test_impossible_levels_are_refused(levels: str) -> None:
    """Levels must be 1 to 90 different names: one leaf with all its ancestors must fit into a transaction."""
    with pytest.raises(MissingSettingError, match="`HIERARCHY_LEVELS` is"):
        MapSettings.from_environ(ENVIRON | {"HIERARCHY_LEVELS": levels})


def test_90_levels_are_possible() -> None:
    """The deepest hierarchy has 90 levels."""
    levels = ",".join(map(str, range(90)))

    assert len(MapSettings.from_environ(ENVIRON | {"HIERARCHY_LEVELS": levels}).hierarchy_levels) == 90


def test_a_function_needs_only_its_own_tables() -> None:
    """Reduce runs without the names of tables that it never touches."""
    environ = {
        name: ENVIRON[name] for name in ("AGGREGATE_TABLE_NAME", "LEDGER_TABLE_NAME", "QUARANTINE_TABLE_NAME")
    }

    assert ReduceSettings.from_environ(environ).aggregate_table_name == "aggregate"


def test_outside_lambda_the_template_is_described() -> None:
    """Where no handler is known, the error still says where variables are set."""
    with pytest.raises(MissingSettingError, match="its template in `cloudformation/`"):
        ReduceSettings.from_environ({})


def test_settings_are_frozen() -> None:
    """Settings are a value: they cannot be changed after they were read."""
    settings = ReduceSettings.from_environ(ENVIRON)

    with pytest.raises(AttributeError):
        settings.ledger_table_name = "other"  # type: ignore[misc] # the point of the test
