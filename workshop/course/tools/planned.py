"""What `ws.send` is given, as entries of a plan; what nobody can send is refused in words.

In go a number with options, a plan, or messages; nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from workshop.errors import ConfigurationError
from workshop.pipeline.messages import Message, MessagePlan, PlannedMessage, PlanOptions, make_plan

__all__ = ["DEFAULT_SEED", "entries_of", "planned"]

DEFAULT_SEED = 7
WHOLE = ("messages", "seed")
SHARES = ("duplicates", "modify", "out_of_order", "cancel")
KNOWN = tuple(each.name for each in fields(PlanOptions) if each.name != "messages")
LONGEST_SHOWN = 60


def planned(count: int, options: Mapping[str, Any], class_seed: int) -> MessagePlan:
    """Return the plan of `count` made-up messages; equal arguments give equal messages.

    `class_seed` is added to the seed, so that no two learners of a class have the same messages.

    Raises:
        ConfigurationError: there is no such option, or it cannot have that value.
    """
    if unknown := [name for name in options if name not in KNOWN]:
        raise ConfigurationError(
            f"made-up messages have no option `{unknown[0]}`; there are: {', '.join(('seed', *SHARES))}"
        )
    given = {"messages": count, "seed": DEFAULT_SEED, **options}
    for name in WHOLE:
        if isinstance(given[name], bool) or not isinstance(given[name], int):
            raise ConfigurationError(f"`{name}` is a whole number, not {_shown(given[name])}")
    for name in SHARES:
        if isinstance(given.get(name), bool) or not isinstance(given.get(name, 0), int | float):
            raise ConfigurationError(f"`{name}` is a percentage from 0 to 100, not {_shown(given[name])}")
    given["seed"] += class_seed
    try:
        return make_plan(PlanOptions(**given))
    except ValueError as error:
        raise ConfigurationError(f"{error}; choose other numbers") from error


def entries_of(messages: object, options: Mapping[str, Any], class_seed: int) -> Sequence[PlannedMessage]:
    """Return a number of messages with its options, a plan, or messages as entries of a plan.

    Raises:
        ConfigurationError: it is none of these, or options come with messages themselves.
    """
    if isinstance(messages, int):
        return planned(messages, options, class_seed).entries
    if options:
        raise ConfigurationError(
            f"`{next(iter(options))}` is for a number of messages, not for messages themselves; leave it out"
        )
    if isinstance(messages, MessagePlan):
        return messages.entries
    entries = [_entry(*each) for each in enumerate(messages)] if isinstance(messages, Iterable) else [None]
    if None in entries:
        raise ConfigurationError(
            f"what is sent is a number, or a list of messages such as `ws.messages.new(…)` makes, "
            f"and not {_shown(messages)}"
        )
    return [entry for entry in entries if entry is not None]


def _entry(number: int, given: object) -> PlannedMessage | None:
    if isinstance(given, PlannedMessage):
        return given
    return PlannedMessage(number, given) if isinstance(given, Message) else None


def _shown(value: object) -> str:
    text = repr(value)
    return f"`{text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + '…'}`"
