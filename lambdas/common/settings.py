"""What a function is told: one frozen value, read from the environment variables that the template sets.

============================= ===== === ====== ============================================================
variable                      state map reduce what the function's role must allow on it
============================= ===== === ====== ============================================================
``HIERARCHY_LEVELS``          yes   yes        nothing; comma separated, from the top of the roll-up
``STATE_TABLE_NAME``          yes              PartiQLInsert, PartiQLUpdate (ledger), UpdateItem (textbook)
``REDUCE_TABLE_NAME``               yes        PutItem
``AGGREGATE_TABLE_NAME``                yes    UpdateItem
``LEDGER_TABLE_NAME``               yes yes    GetItem, UpdateItem
``QUARANTINE_TABLE_NAME``     yes   yes yes    BatchWriteItem, PutItem
``PARAMETER_TABLE_NAME``      yes   yes yes    GetItem, map and reduce ConditionCheckItem; may be missing
``EMBEDDED_METRICS``          yes   yes yes    nothing; ``false`` leaves metrics out of the log
``INFLUXDB_URL``              yes   yes yes    nothing; may be missing
============================= ===== === ====== ============================================================

Nothing else in `lambdas/` reads the environment, and no table has its name in Python.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self

from common.trades import MAX_LEVELS

__all__ = [
    "EnvironmentSettings",
    "MapSettings",
    "MissingSettingError",
    "ReduceSettings",
    "ReportSettings",
    "Settings",
    "StateSettings",
]


class MissingSettingError(RuntimeError):
    """A function was deployed without a variable that it needs, or with a value that it cannot use."""

    def __init__(self, variable: str, problem: str, template: str) -> None:
        self.variable = variable
        super().__init__(
            f"environment variable `{variable}` {problem}; "
            f"set it under `Environment` of this function in {template} and deploy again"
        )


@dataclass(frozen=True)
class Settings:
    """The base of all settings: each field is read from the variable with its name in upper case."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the settings of this function.

        Raises:
            MissingSettingError: a variable is missing or empty, or its hierarchy levels are invalid.
        """
        values: dict[str, Any] = {
            field.name: _read(field.name.upper(), environ)
            for field in fields(cls)
            # A template passes a parameter without a value on as an empty text.
            if field.default is MISSING or environ.get(field.name.upper(), "").strip()
        }
        if "hierarchy_levels" in values:
            values["hierarchy_levels"] = _levels(values["hierarchy_levels"], environ)
        return cls(**values)


@dataclass(frozen=True)
class StateSettings(Settings):
    """What StateLambda needs."""

    hierarchy_levels: tuple[str, ...]
    state_table_name: str
    quarantine_table_name: str
    parameter_table_name: str = ""


@dataclass(frozen=True)
class MapSettings(Settings):
    """What MapLambda needs, in both pipelines."""

    hierarchy_levels: tuple[str, ...]
    reduce_table_name: str
    ledger_table_name: str
    quarantine_table_name: str
    parameter_table_name: str = ""


@dataclass(frozen=True)
class ReduceSettings(Settings):
    """What ReduceLambda needs, in both pipelines."""

    aggregate_table_name: str
    ledger_table_name: str
    quarantine_table_name: str
    parameter_table_name: str = ""


@dataclass(frozen=True)
class EnvironmentSettings(Settings):
    """What every function has: its handler, its execution environment, and the table with live settings."""

    _handler: str = ""
    aws_lambda_log_stream_name: str = ""
    parameter_table_name: str = ""

    @property
    def stage(self) -> str:
        """The stage that the function is, such as `map` for the handler `stateful.map.handler`."""
        return self._handler.rpartition(".")[0].rpartition(".")[2]


@dataclass(frozen=True)
class ReportSettings(Settings):
    """What `report` needs: the function's name, which Lambda sets, and where metrics go besides the log."""

    aws_lambda_function_name: str = ""
    embedded_metrics: str = "true"
    influxdb_url: str = ""


def _read(variable: str, environ: Mapping[str, str]) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise MissingSettingError(variable, "is not set", _template(environ))
    return value


def _levels(text: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    levels = tuple(level.strip() for level in text.split(","))
    if not all(levels) or len(set(levels)) != len(levels) or len(levels) > MAX_LEVELS:
        problem = f"is `{text}`, not 1 to {MAX_LEVELS} different names with commas between them"
        raise MissingSettingError("HIERARCHY_LEVELS", problem, _template(environ))
    return levels


def _template(environ: Mapping[str, str]) -> str:
    # Lambda itself sets _HANDLER, such as `stateful.map.handler`: its first part names the pipeline.
    package = environ.get("_HANDLER", "").partition(".")[0]
    template = "game" if package == "generator" else package
    return f"`cloudformation/{template}.yaml`" if template else "its template in `cloudformation/`"
