"""The patterns of IAM: `*`, `?` and policy variables in actions, resources and conditions. Pure.

In an ARN each of the first five parts is compared by itself, so that a `*` there does not reach beyond its
colon; in the last part it matches everything. Sources:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

__all__ = ["NO_KEYS", "Keys", "LazyKeys", "Pattern"]

# Condition keys of a call, in lower case, and their values.
Keys = Mapping[str, tuple[str, ...]]
NO_KEYS: Keys = {}

VARIABLE = re.compile(r"\$\{([^}]*)\}")
LITERALS = frozenset("*?$")
ARN_COLONS = 5


class LazyKeys(Mapping[str, tuple[str, ...]]):
    """Keys that are found when somebody looks at them for the first time."""

    def __init__(self, find: Callable[[], Keys]) -> None:
        self._find = find
        self._found: Keys | None = None

    def _keys(self) -> Keys:
        if self._found is None:
            self._found = self._find()
        return self._found

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._keys()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())


class Pattern:
    """One pattern; `has_variables` says whether what it matches depends on the call's keys.

    `is_arn` compares part by part, `ignores_case` is for actions and some operators, `is_exact` takes `*` and
    `?` for themselves. Variables are only variables in policies of version 2012-10-17, elsewhere text.
    """

    def __init__(
        self,
        text: str,
        *,
        is_arn: bool = False,
        is_exact: bool = False,
        ignores_case: bool = False,
        variables: bool = False,
    ) -> None:
        self.text = text
        self._is_arn = is_arn and text.count(":") >= ARN_COLONS
        self._is_exact = is_exact
        self._flags = re.DOTALL | (re.IGNORECASE if ignores_case else 0)
        self.has_variables = variables and any(name not in LITERALS for name in VARIABLE.findall(text))
        self._variables = variables
        self._fixed = None if self.has_variables else self._compile(NO_KEYS)

    def matches(self, value: str, keys: Keys = NO_KEYS) -> bool:
        """Return whether the pattern matches all of a value; a variable without a value matches nothing."""
        compiled = self._fixed if self._fixed is not None else self._compile(keys)
        return compiled is not None and compiled.fullmatch(value) is not None

    def _compile(self, keys: Keys) -> re.Pattern[str] | None:
        source, colons, end = [], 0, 0
        for found in VARIABLE.finditer(self.text) if self._variables else ():
            value = _value(found.group(1), keys)
            if value is None:
                return None
            part, colons = self._translate(self.text[end : found.start()], colons)
            source += [part, re.escape(value)]
            end = found.end()
        source.append(self._translate(self.text[end:], colons)[0])
        return _compiled("".join(source), self._flags)

    def _translate(self, text: str, colons: int) -> tuple[str, int]:
        """Return a piece of the pattern as a regular expression, and how many colons have been passed."""
        if self._is_exact:
            return re.escape(text), colons
        source = []
        for character in text:
            within = "[^:]" if self._is_arn and colons < ARN_COLONS else "."
            colons += character == ":"
            source.append({"*": f"{within}*", "?": within}.get(character, re.escape(character)))
        return "".join(source), colons


@lru_cache(maxsize=4096)
def _compiled(source: str, flags: int) -> re.Pattern[str]:
    return re.compile(source, flags)


def _value(variable: str, keys: Keys) -> str | None:
    """Return what a variable stands for: `${*}` a star, `${aws:PrincipalTag/team, 'none'}` a key's value."""
    if variable in LITERALS:
        return variable
    name, _, default = variable.partition(",")
    values = keys.get(name.strip().lower(), ())
    if len(values) == 1:
        return values[0]
    default = default.strip()
    return default[1:-1] if len(default) > 1 and default[0] == default[-1] == "'" else None
