"""Filter patterns: the examples of AWS's guide and what stands around them."""

import pytest

from workshop.cloud.offline.overlay.logs.patterns import InvalidLogPatternError, compile_pattern

BOTH, ERROR, WARN = "ERROR WARN message", "ERROR message", "WARN message"
ACCESS = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
DOCUMENT = (
    '{"user": {"id": 1, "email": "John.Stiles@example.com"}, "users": [{"id": 2}, {"id": 3, "a.b": "c"}], '
    '"coordinates": [[0, 1, 2], [4, 5, 6]], "nothing": null, "flag": true, "level": "ERROR", "latency": 12.5}'
)


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("", [BOTH, ERROR, WARN]),
        ("ERROR", [BOTH, ERROR]),
        ("ERR", [BOTH, ERROR]),
        ("error", []),
        ("ERROR WARN", [BOTH]),
        ("?ERROR ?WARN", [BOTH, ERROR, WARN]),
        ("ERROR -WARN", [ERROR]),
        ("-ERROR", [WARN]),
        ('"ERROR message"', [ERROR]),
        ('-"ERROR message"', [BOTH, WARN]),
        ("?nothing ERROR", [BOTH, ERROR]),
        ("%^[EW]+[A-Z]+ m%", [ERROR, WARN]),
        (r"%\x45RROR%", [BOTH, ERROR]),
    ],
)
def test_terms_select_messages(pattern: str, selected: list[str]) -> None:
    """Terms are parts of a message: all of them, none with a minus, one of those with question marks."""
    compiled = compile_pattern(pattern)

    assert [message for message in (BOTH, ERROR, WARN) if compiled.matches(message)] == selected


@pytest.mark.parametrize(
    ("pattern", "selects"),
    [
        ('{ $.level = "ERROR" }', True),
        ("{ $.level = ERROR }", True),
        ('{ $.level = "E*" }', True),
        ('{ $.level = "*RR*" }', True),
        ('{ $.level = "E*R" }', False),
        ('{ $.level != "ERROR" }', False),
        ("{ $.level = %^ERR% }", True),
        ("{ $.absent != 1 }", False),
        ("{ $.users = 1 }", False),
        ("{ $.users != 1 }", False),
        ("{ $.users[1].id = 3 }", True),
        ("{ $.users[1].id = 3.0 }", True),
        ("{ $.users[9].id = 3 }", False),
        ("{ $.users[1]['a.b'] = c }", True),
        ("{ $.coordinates[1][0] >= 4e0 }", True),
        ("{ $.nothing IS NULL }", True),
        ("{ $.absent IS NULL }", False),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.nothing NOT EXISTS }", False),
        ("{ $.flag IS TRUE }", True),
        ("{ $.flag IS FALSE }", False),
        ("{ $.latency > 12.49 }", True),
        ("{ $.latency = * }", True),
        ("{ $.absent = * }", False),
        ('{ ($.user.id = 2 && $.users[0].id = 2) || $.level = "GET" }', False),
        ('{ $.user.id = 1 || $.coordinates[0][1] = no && $.level = "no" }', True),
        ('{ ($.user.id = 1 || $.coordinates[0][1] = no) && $.level = "no" }', False),
    ],
)
def test_json_conditions(pattern: str, selects: bool) -> None:
    """Selectors lead to values, which are compared as numbers or as text; && binds closer than ||."""
    assert compile_pattern(pattern).matches(DOCUMENT) is selects


def test_json_patterns_select_json_alone() -> None:
    """A message that is no JSON object is not selected, even by a condition on what is absent."""
    assert not compile_pattern("{ $.absent NOT EXISTS }").matches(ERROR)


@pytest.mark.parametrize(
    ("pattern", "selects"),
    [
        ("[ip, user, username, timestamp, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code]", False),
        ("[..., status_code = 4*, bytes]", True),
        ("[..., request = *.html*, status_code = 4*,]", True),
        ("[ip, ..., status_code, bytes > 2000]", False),
        ("[ip = 127.0.0.1, ...]", True),
        (r"[ip = %127\.0\.0\.[1-9]%, ...]", True),
        ("[..., status_code = 4* && status_code != 404, bytes]", False),
        ("[..., status_code = 500 || status_code = 404, bytes]", True),
        ('[ip, user, username = "frank", ...]', True),
    ],
)
def test_space_delimited_conditions(pattern: str, selects: bool) -> None:
    """Fields are told by their place; brackets and quotation marks hold one together."""
    assert compile_pattern(pattern).matches(ACCESS) is selects


@pytest.mark.parametrize(
    "pattern",
    [
        "two-words",
        '""',
        "a | b",
        "%(group)%",
        "%a!%",
        "%[%",
        "{ $.level = ERROR",
        "{ level = ERROR }",
        "{ $.level }",
        "{ $.level EXISTS }",
        "{ $.level NOT NULL }",
        "{ $.level IS EMPTY }",
        "{ $.level > high }",
        "{ ($.level = a }",
        "{ $.level = a $.b = c }",
        "{ $.users[*].id = 1 }",
        "{ $.a = %b% && $.c = %d% && $.e = %f% }",
        "{ }",
        "[ip, ..., user, ...]",
        "[ip, status_code = 4* && bytes > 1000]",
        "[a b]",
        "x" * 1025,
    ],
)
def test_what_is_not_understood_is_refused(pattern: str) -> None:
    """A pattern that AWS refuses, or that is not supported, never selects everything."""
    with pytest.raises(InvalidLogPatternError):
        compile_pattern(pattern)


def test_values_for_metrics() -> None:
    """A metric filter's value is found by selector or by field, and only in messages that match."""
    assert compile_pattern("{ $.latency = * }").value(DOCUMENT, "$.latency") == "12.5"
    assert compile_pattern("{ $.latency > 99 }").value(DOCUMENT, "$.latency") is None
    assert compile_pattern("{ $.latency = * }").value(DOCUMENT, "$.users") is None
    assert compile_pattern("[..., status_code = 4*, bytes]").value(ACCESS, "$bytes") == "1534"
    assert compile_pattern("ERROR").value(ERROR, "$bytes") is None
