"""Modules that handlers inside this process get in the place of the interpreter's own.

The clients of boto3 reach the laboratory alone, the time is its clock's, and what `random`, `secrets`,
`os.urandom` and `uuid4` draw by chance is the same in every run: an experiment that uses nothing else is
repeatable. Everything else of these modules, such as `uuid1`, is as it is.
"""

import base64
import calendar
import datetime as dt
import os
import random
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from types import SimpleNamespace
from typing import Any, Self

import boto3

from workshop.clock import Clock
from workshop.cloud.blank_session import blank_session

__all__ = ["EnvironmentVariables", "MakeClient", "ProcessEndedError", "WatchedClock", "stand_ins"]

# From a service's name, the environment variables and boto3's own arguments to a client.
MakeClient = Callable[..., Any]
KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
# The arguments of boto3's own session, which may be given by position as well.
ARGUMENTS = (*KEYS, "region_name", "botocore_session", "profile_name", "aws_account_id")
CLOCKS = ("time", "monotonic", "perf_counter", "process_time", "thread_time")
# What `time` says of the zone.
UTC_NAMES = {"timezone": 0, "altzone": 0, "daylight": 0, "tzname": ("UTC", "UTC")}


class ProcessEndedError(BaseException):
    """The environment's process has come to an end, whatever the handler would have done next."""

    def __init__(self, status: int = 1) -> None:
        super().__init__(status)
        self.status = status


class EnvironmentVariables(MutableMapping[str, str]):
    """Environment variables like those of `os.environ`, and how often somebody has read some."""

    def __init__(self) -> None:
        self.reads = 0
        self._values: dict[str, str] = {}

    def replace(self, values: Mapping[str, str]) -> None:
        """Have these variables instead."""
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        """Return a variable's value."""
        self.reads += 1
        return self._values[name]

    def __setitem__(self, name: str, value: str) -> None:
        """Set a variable."""
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        """Remove a variable."""
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Return the variables' names."""
        self.reads += 1
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many there are."""
        self.reads += 1
        return len(self._values)

    def copy(self) -> dict[str, str]:
        """Return the variables as they are now."""
        return dict(self)

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        """Let every kind of copy be a plain one."""
        return dict, (self.copy(),)

    def __or__(self, other: Mapping[str, str]) -> dict[str, str]:
        """Return the variables and others, which come first."""
        return {**self, **other}

    def __ror__(self, other: Mapping[str, str]) -> dict[str, str]:
        """Return others and the variables, which come first."""
        return {**other, **self}

    def __ior__(self, other: Mapping[str, str]) -> Self:
        """Set these variables."""
        self.update(other)
        return self


class WatchedClock:
    """A clock, and how often somebody has used it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.uses = 0

    def now(self) -> float:
        """Return the time in unix seconds."""
        self.uses += 1
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Return when `seconds` have passed on this clock."""
        self.uses += 1
        self._clock.sleep(seconds)


def stand_ins(
    clock: Clock, variables: EnvironmentVariables, chance: random.Random, make_client: MakeClient
) -> dict[str, Any]:
    """Return stand-ins by the name of the module; `variables` and `chance` may change later."""
    system = {
        "environ": variables,
        "getenv": variables.get,
        "urandom": chance.randbytes,
        "_exit": _end_process,
    }
    return {
        "boto3": _boto3(variables, make_client),
        "datetime": _StandIn(dt, {"datetime": _moment(clock), "date": _day(clock)}),
        "os": _StandIn(os, system),
        "time": _time(clock),
        **_by_chance(chance),
    }


class _StandIn(SimpleNamespace):
    """What is its own, and the rest from the module in whose place it stands."""

    def __init__(self, module: Any, own: dict[str, Any]) -> None:
        super().__init__(**own)
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def _own_random(chance: random.Random) -> type[random.Random]:
    class Random(random.Random):
        """Numbers that begin by chance, but by the environment's, unless they are given a seed."""

        def seed(self, a: Any = None, version: int = 2) -> None:
            super().seed(chance.random() if a is None else a, version)

    return Random


def _by_chance(chance: random.Random) -> dict[str, Any]:
    """Return the modules whose numbers nobody can foretell, with numbers of `chance`."""

    def seed(a: Any = None, version: int = 2) -> None:
        chance.seed(chance.random() if a is None else a, version)

    def token(size: int | None = None) -> bytes:
        return chance.randbytes(secrets.DEFAULT_ENTROPY if size is None else size)

    own_random = _own_random(chance)
    drawn = {name: getattr(chance, name) for name in random.__all__ if name[0].islower()}
    secret = {
        "choice": chance.choice,
        "randbelow": chance.randrange,
        "randbits": chance.getrandbits,
        "token_bytes": token,
        "token_hex": lambda size=None: token(size).hex(),
        "token_urlsafe": lambda size=None: base64.urlsafe_b64encode(token(size)).rstrip(b"=").decode(),
        "SystemRandom": own_random,
    }
    return {
        "random": _StandIn(random, {**drawn, "seed": seed, "Random": own_random, "SystemRandom": own_random}),
        "secrets": _StandIn(secrets, secret),
        "uuid": _StandIn(uuid, {"uuid4": lambda: uuid.UUID(bytes=chance.randbytes(16), version=4)}),
    }


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


class _RealInstances(type):
    """What clients and JSON return is of the interpreter's own class, and counts."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__mro__[1])


def _moment(clock: Clock) -> type[dt.datetime]:
    class Moment(dt.datetime, metaclass=_RealInstances):
        """A moment; the present one is the clock's, and one without a zone is in UTC, as in Lambda."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Moment":
            return cls.fromtimestamp(clock.now(), tz)

        @classmethod
        def fromtimestamp(cls, timestamp: float, tz: dt.tzinfo | None = None) -> "Moment":
            moment = super().fromtimestamp(timestamp, tz or dt.UTC)
            return moment if tz else moment.replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> "Moment":
            return cls.now()

        @classmethod
        def today(cls) -> "Moment":
            return cls.now()

        def astimezone(self, tz: dt.tzinfo | None = None) -> "Moment":
            moment = self if self.tzinfo else self.replace(tzinfo=dt.UTC)
            return super(Moment, moment).astimezone(tz or dt.UTC)

        def timestamp(self) -> float:
            return super(Moment, self if self.tzinfo else self.replace(tzinfo=dt.UTC)).timestamp()

    return Moment


def _day(clock: Clock) -> type[dt.date]:
    class Day(dt.date, metaclass=_RealInstances):
        """A day; the present one is the clock's, in UTC."""

        @classmethod
        def today(cls) -> "Day":
            return cls.fromtimestamp(clock.now())

        @classmethod
        def fromtimestamp(cls, timestamp: float) -> "Day":
            return cls.fromordinal(dt.datetime.fromtimestamp(timestamp, dt.UTC).toordinal())

    return Day


def _time(clock: Clock) -> _StandIn:
    def nanoseconds() -> int:
        return int(clock.now() * 1_000_000_000)

    def utc(seconds: float | None = None) -> time.struct_time:
        return time.gmtime(clock.now() if seconds is None else seconds)

    own: dict[str, Any] = dict.fromkeys(CLOCKS, clock.now)
    own |= {f"{name}_ns": nanoseconds for name in CLOCKS}
    local = {"localtime": utc, "mktime": calendar.timegm, "tzset": lambda: None, **UTC_NAMES}
    shown = {
        "gmtime": utc,
        "ctime": lambda seconds=None: time.asctime(utc(seconds)),
        "asctime": lambda moment=None: time.asctime(moment or utc()),
        "strftime": lambda form, moment=None: time.strftime(form, moment or utc()),
    }
    return _StandIn(time, {**own, **local, **shown, "sleep": clock.sleep})


def _end_process(status: int) -> None:
    raise ProcessEndedError(status)
