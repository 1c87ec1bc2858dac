"""Modules that handlers inside this process get in the place of the interpreter's own.

Their clients reach the laboratory alone, their time is its clock's, and what they draw by chance is the same
in every run: an experiment that is repeated goes the same way. Everything else of these modules is as it is.
"""

import datetime as dt
import os
import random
import time
import uuid
from collections import UserDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3

from workshop.clock import Clock
from workshop.cloud.blank_session import blank_session

__all__ = ["EnvironmentVariables", "MakeClient", "ProcessEndedError", "stand_ins"]

# From a service's name, the environment variables and boto3's own arguments to a client.
MakeClient = Callable[..., Any]
KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# The arguments of boto3's own session, which may be given by position as well.
ARGUMENTS = (*KEYS, "region_name", "botocore_session", "profile_name", "aws_account_id")


class ProcessEndedError(BaseException):
    """The environment's process has come to an end, whatever the handler would have done next."""


class EnvironmentVariables(UserDict[str, str]):
    """Environment variables, and how often somebody has read one."""

    reads = 0

    def __getitem__(self, name: str) -> str:
        """Return a variable's value."""
        self.reads += 1
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a variable."""
        self.reads += 1
        return super().__contains__(name)


def stand_ins(
    clock: Clock, variables: EnvironmentVariables, chance: random.Random, make_client: MakeClient
) -> dict[str, Any]:
    """Return stand-ins by the name of the module; `variables` and `chance` may change later."""
    drawn = {name: getattr(chance, name) for name in random.__all__ if name[0].islower()}
    drawn["seed"] = chance.seed
    system = {
        "environ": variables,
        "getenv": variables.get,
        "urandom": chance.randbytes,
        "_exit": _end_process,
    }
    return {
        "boto3": _boto3(variables, make_client),
        "datetime": _datetime(clock),
        "os": _StandIn(os, system),
        "random": _StandIn(random, drawn),
        "time": _time(clock),
        "uuid": _StandIn(uuid, {"uuid4": lambda: uuid.UUID(bytes=chance.randbytes(16), version=4)}),
    }


class _StandIn(SimpleNamespace):
    """What is its own, and the rest from the module in whose place it stands."""

    def __init__(self, module: Any, own: dict[str, Any]) -> None:
        super().__init__(**own)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _boto3(variables: EnvironmentVariables, make_client: MakeClient) -> _StandIn:
    class Session(boto3.Session):
        """A session whose clients, and resources with them, are made by the laboratory."""

        def __init__(self, *positional: Any, **named: Any) -> None:
            given = _told({**dict(zip(ARGUMENTS, positional, strict=False)), **named})
            self._keys = {name: given[name] for name in KEYS if name in given}
            # Nothing of this machine's user: credentials and region are the environment's.
            keys = self._keys or {name: variables.get(name.upper()) for name in KEYS}
            own = {"botocore_session": blank_session(), "region_name": variables.get("AWS_REGION")}
            super().__init__(**{**own, **given, **keys})

        def client(self, service_name: str, region_name: str | None = None, **given: Any) -> Any:  # type: ignore[override]
            given = {**self._keys, **_told(given), "region_name": region_name or self.region_name}
            return make_client(service_name, dict(variables), **given)

    def client(service_name: str, region_name: str | None = None, **given: Any) -> Any:
        return make_client(service_name, dict(variables), **_told({"region_name": region_name, **given}))

    def resource(*names: Any, **given: Any) -> Any:
        # Made only now: few handlers want one, and it takes longer than most invocations.
        return Session().resource(*names, **given)

    sessions = _StandIn(boto3.session, {"Session": Session})
    return _StandIn(boto3, {"client": client, "resource": resource, "Session": Session, "session": sessions})


def _told(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _datetime(clock: Clock) -> _StandIn:
    class RealInstances(type):
        """What clients and JSON return is of the interpreter's own class, and counts."""

        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, cls.__mro__[1])

    class Moment(dt.datetime, metaclass=RealInstances):
        """A moment; the present one is the clock's."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Moment":
            return cls.fromtimestamp(clock.now(), tz)

        @classmethod
        def utcnow(cls) -> "Moment":
            return cls.fromtimestamp(clock.now(), dt.UTC).replace(tzinfo=None)

        today = now

    class Day(dt.date, metaclass=RealInstances):
        """A day; the present one is the clock's."""

        @classmethod
        def today(cls) -> "Day":
            return cls.fromtimestamp(clock.now())

    return _StandIn(dt, {"datetime": Moment, "date": Day})


def _time(clock: Clock) -> _StandIn:
    def shown(function: Callable[..., Any], before: int) -> Callable[..., Any]:
        """Return a function whose last argument is the present unless it is given."""
        return lambda *given: function(*given, *([] if len(given) > before else [present(function)]))

    def present(function: Callable[..., Any]) -> Any:
        return time.gmtime(clock.now()) if function in (time.strftime, time.asctime) else clock.now()

    own = {
        "time": clock.now,
        "time_ns": lambda: int(clock.now() * 1_000_000_000),
        "monotonic": clock.now,
        "monotonic_ns": lambda: int(clock.now() * 1_000_000_000),
        "perf_counter": clock.now,
        "perf_counter_ns": lambda: int(clock.now() * 1_000_000_000),
        "sleep": clock.sleep,
        "gmtime": shown(time.gmtime, 0),
        "localtime": shown(time.localtime, 0),
        "ctime": shown(time.ctime, 0),
        "asctime": shown(time.asctime, 0),
        "strftime": shown(time.strftime, 1),
    }
    return _StandIn(time, own)


def _end_process(_status: int) -> None:
    raise ProcessEndedError
