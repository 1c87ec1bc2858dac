"""Metric math: what an expression of GetMetricData computes from the results of other queries.

    compute("IF(errors > 0, errors / calls, 0)", {"errors": {t: 2.0}, "calls": {t: 8.0}}, grid=[t], period=60)

A time series is a dict of values by time; `+ - * /` and comparisons meet at the times that both sides have.
The syntax of what is known here is that of Python, so Python's own parser reads it. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import fmean
from typing import Any

__all__ = ["Series", "UnknownExpressionError", "compute"]

Series = dict[datetime, float]

ARITHMETIC: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
# Of a series they make a number, of several series one.
AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": fmean,
    "MIN": min,
    "MAX": max,
}
CHANGES = ("RATE", "DIFF")
OF_EACH: Mapping[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


class UnknownExpressionError(Exception):
    """The expression is none, or asks for what the offline cloud does not compute."""


def compute(text: str, series: Mapping[str, Series], *, grid: Sequence[datetime], period: float) -> Series:
    """Return the series of an expression; `grid` has the times at which `FILL` puts values.

    Raises:
        UnknownExpressionError: it is not computed, or is a number instead of a series.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnknownExpressionError from error
    found = _Metrics(series, grid, period).value(tree)
    if not isinstance(found, dict):
        raise UnknownExpressionError
    return found


@dataclass(frozen=True)
class _Metrics:
    series: Mapping[str, Series]
    grid: Sequence[datetime]
    period: float

    def value(self, node: ast.expr) -> Any:
        """Return a series, a number, or a list of series."""
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                found: Any = float(number)
            case ast.Name(id=name) if name in self.series:
                found = self.series[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                found = _joined(operator.sub, 0.0, self.value(operand))
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in ARITHMETIC:
                found = _joined(ARITHMETIC[type(sign)], self.value(left), self.value(right))
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in ARITHMETIC:
                found = _joined(ARITHMETIC[type(sign)], self.value(left), self.value(right))
            case ast.List(elts=elements):
                found = [_series(self.value(element)) for element in elements]
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                found = self._call(name, arguments)
            case _:
                raise UnknownExpressionError
        return found

    def _call(self, name: str, arguments: list[ast.expr]) -> Any:
        if name == "METRICS" and not arguments:
            return list(self.series.values())
        if name == "FILL" and len(arguments) == 2:
            return self._filled(_series(self.value(arguments[0])), arguments[1])
        values = [self.value(argument) for argument in arguments]
        if name == "IF" and len(values) in {2, 3}:
            return _chosen(*values)
        if len(values) != 1:
            raise UnknownExpressionError
        return self.period if name == "PERIOD" else _of_one(name, values[0])

    def _filled(self, one: Series, wanted: ast.expr) -> Series:
        repeats = isinstance(wanted, ast.Name) and wanted.id == "REPEAT"
        last = None if repeats else self.value(wanted)
        filled: Series = {}
        for time in sorted({*self.grid, *one}):
            value = one.get(time, last)
            # In `FILL(a, b)` with a series `b`, its value of the same time.
            if isinstance(value, dict):
                value = value.get(time)
            if value is not None:
                filled[time] = value
            if repeats:
                last = value
        return filled


def _of_one(name: str, value: Any) -> Any:
    """Return what a function makes of one series, or of a list of them."""
    match value:
        case dict() if name in CHANGES:
            found: Any = _changes(value, per_second=name == "RATE")
        case dict() if name in OF_EACH:
            found = {time: float(OF_EACH[name](each)) for time, each in value.items()}
        case dict() if name in AGGREGATES and value:
            found = AGGREGATES[name](list(value.values()))
        case list() if name in AGGREGATES:
            times = sorted({time for one in value for time in one})
            found = {t: AGGREGATES[name]([one[t] for one in value if t in one]) for t in times}
        case _:
            raise UnknownExpressionError
    return found


def _series(value: Any) -> Series:
    if not isinstance(value, dict):
        raise UnknownExpressionError
    return value


def _joined(compute_one: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """Compute with numbers, or at each time at which all series have a value and there is a result."""
    if isinstance(left, list) or isinstance(right, list):
        raise UnknownExpressionError
    times = [set(side) for side in (left, right) if isinstance(side, dict)]
    try:
        if not times:
            return float(compute_one(left, right))
    except ZeroDivisionError as error:
        raise UnknownExpressionError from error
    joined = {}
    for time in sorted(set.intersection(*times)):
        one, other = _at(left, time), _at(right, time)
        if compute_one is not operator.truediv or other:
            joined[time] = float(compute_one(one, other))
    return joined


def _at(value: Any, time: datetime) -> Any:
    return value.get(time) if isinstance(value, dict) else value


def _chosen(condition: Any, if_true: Any, if_false: Any = None) -> Series:
    if any(isinstance(each, list) for each in (condition, if_true, if_false)):
        raise UnknownExpressionError
    chosen = {t: _at(if_true if value else if_false, t) for t, value in _series(condition).items()}
    return {time: value for time, value in chosen.items() if value is not None}


def _changes(one: Series, *, per_second: bool) -> Series:
    times = sorted(one)
    return {
        now: (one[now] - one[before]) / ((now - before).total_seconds() if per_second else 1)
        for before, now in pairwise(times)
    }
