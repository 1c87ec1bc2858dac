"""What learners and board may say to each other, and what is refused."""

import unicodedata

import pytest

from workshop.classroom.invitation import alias_key, checked_alias, checked_code, read_invitation
from workshop.classroom.protocol import (
    LARGEST_BODY_BYTES,
    MOST_REPORTS,
    LearnerReport,
    document_of,
    instant,
    pack,
    read_join,
    read_reports,
    unix_seconds,
)

AT = "2026-11-29T09:30:00.000Z"
CHECKED = {
    "number": 1,
    "at": AT,
    "kind": "checked",
    "step": "put-records",
    "outcome": "passed",
    "attempts": 2,
}


def reports(*changes: dict) -> dict:
    return {"reports": [{**CHECKED, "number": place, **change} for place, change in enumerate(changes, 1)]}


@pytest.mark.parametrize(
    "alias", ["Ada", "Ада", "عائشة", "花子 2", "Zoë", "d'Arc-99", "👩 Ada", "Ā" * 24, "བརྒྱུད"]
)
def test_people_choose_their_own_aliases(alias: str) -> None:
    """Letters of every script, digits, spaces and signs make an alias; it is kept in its composed form."""
    assert checked_alias(f" {alias} ") == unicodedata.normalize("NFC", alias)


@pytest.mark.parametrize(
    "alias",
    [
        "",
        " ",
        "A" * 25,
        "A" * 100_000,
        "\u202eadA",
        "A\u200bda",
        "A\u2066da",
        "A\nda",
        "A\x00da",
        "A\u3164da",
        "A\ufe0fda",
        "A\u00a0da",
        "A\ud800da",
        "A" + "\u0301" * 9,
        "A" + "\u20dd" * 4,
        "A" + "\u0e47" * 4,
        "\U00013441",
        "A\U00016fe4da",
        "A\U0001d159da",
        "\u0301A",
        "A  da",
        "...",
        "\u0410da",
        "\uff21\u0434a",
        7,
        None,
        ["Ada"],
    ],
)
def test_an_alias_can_be_read_and_told_from_others(alias: object) -> None:
    """What cannot be seen, turns the text around, piles up, or mixes letters that look alike is no alias."""
    with pytest.raises(ValueError, match=r"^an alias"):
        checked_alias(alias)


def test_aliases_that_look_alike_are_one() -> None:
    """Neither case, width and spaces nor look-alikes of another alphabet tell anybody apart."""
    assert alias_key("Ada Lovelace") == alias_key("ADA LOVE LACE") == alias_key("\uff41\uff44\uff41 lovelace")
    assert alias_key("\u0430\u0501\u0430") == alias_key("Ada")
    assert alias_key("\u0412\u041e\u0412") == alias_key("BOB")
    assert alias_key("\u0391\u039d\u039d\u0391") == alias_key("Anna")
    assert alias_key("\u041a\u0430\u0442\u044f") == alias_key("\u043a\u0430\u0442\u044f")
    assert alias_key("\u043d\u0430\u0442\u0430") == alias_key("HATA")
    assert alias_key("\u03bd\u03af\u03c1\u03b1") == alias_key("N\u00edpa")
    assert alias_key("\u0401\u0407") == alias_key("\u00eb\u00ef")


def test_a_code_is_read_as_people_type_it() -> None:
    """Case, spaces and the hyphen of a code do not matter."""
    assert checked_code(" abc 234") == checked_code("ABC-234") == "ABC-234"


@pytest.mark.parametrize("code", ["", "ABC-23", "ABC-0I1", "ABC-2345", "A" * 70_000, 234, None])
def test_other_codes_are_refused(code: object) -> None:
    """What no board makes is no code; the message says what one looks like."""
    with pytest.raises(ValueError, match="ABC-234"):
        checked_code(code)


@pytest.mark.parametrize(
    "text",
    [
        "192.168.1.5:8787/ABC-234",
        "http://192.168.1.5:8787/join/ABC-234",
        " 192.168.1.5/abc234 ",
        "http://192.168.1.5:8787/ABC-234/",
    ],
)
def test_an_invitation_is_read_in_every_form(text: str) -> None:
    """The line that is typed and the address in the QR code lead to the same board with the same code."""
    assert str(read_invitation(text)) == "http://192.168.1.5:8787/join/ABC-234"


@pytest.mark.parametrize(
    "text", ["", "ABC-234", "https://x/ABC-234", "x:99999/ABC-234", "a@x/ABC-234", "[::1/ABC-234"]
)
def test_other_invitations_are_refused(text: str) -> None:
    """What leads nowhere is refused with an example."""
    with pytest.raises(ValueError, match="ABC-234"):
        read_invitation(text)


def test_every_kind_of_report_is_read_as_it_was_packed() -> None:
    """What one side packs, the other side reads: each kind with its own fields."""
    sent = [
        LearnerReport(7, AT, "began", {"step": "05"}),
        LearnerReport(8, AT, "checked", {"step": "put-records", "outcome": "incorrect", "attempts": 3}),
        LearnerReport(9, AT, "hinted", {"step": "put-records", "hints": 2}),
        LearnerReport(10, AT, "help", {"step": "put-records"}),
        LearnerReport(11, AT, "help_withdrawn", {}),
        LearnerReport(12, AT, "played", {"game": "rounds", "score": 300}),
    ]

    body, count = pack(sent)

    assert count == len(sent)
    assert list(read_reports(document_of(body))) == sent


def test_a_long_outbox_goes_in_several_requests() -> None:
    """A request holds as many reports as it may, neither too many nor too many bytes."""
    fields = {"step": "a" * 40, "outcome": "incorrect", "attempts": 9999}
    sent = [LearnerReport(number, AT, "checked", fields) for number in range(1, 1_001)]

    body, count = pack(sent)

    assert 0 < count <= MOST_REPORTS
    assert len(body) <= LARGEST_BODY_BYTES
    assert len(read_reports(document_of(body))) == count


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "Ada Lovelace"}, "name"),
        ({"code": "print()"}, "code"),
        ({"kind": "stolen"}, "kind"),
        ({"kind": ["began"]}, "kind"),
        ({"outcome": "won"}, "outcome"),
        ({"attempts": -1}, "attempts"),
        ({"attempts": True}, "attempts"),
        ({"attempts": 10**30}, "attempts"),
        ({"step": "../../etc/passwd"}, "step"),
        ({"step": "<script>"}, "step"),
        ({"step": {"a": 1}}, "step"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-29T09:30:00+05:00"}, "at"),
        ({"number": 0}, "number"),
        ({"number": "1"}, "number"),
        ({"x\u202e" * 99: 1}, "nothing else"),
    ],
)
def test_a_report_says_what_it_may_and_nothing_else(change: dict, named: str) -> None:
    """A field that is unknown, or not as it must be, is refused by name, and so is the whole request."""
    with pytest.raises(ValueError, match=named):
        read_reports(reports({}, change))


def test_what_is_missing_is_named() -> None:
    """A report or a request without one of its fields is refused by the name of that field."""
    with pytest.raises(ValueError, match="`attempts` is missing"):
        read_reports({"reports": [{name: CHECKED[name] for name in CHECKED if name != "attempts"}]})
    with pytest.raises(ValueError, match="`alias` is missing"):
        read_join({"code": "ABC-234"})


@pytest.mark.parametrize(
    "sent", [[], [CHECKED] * 501, "all", None, [7], reports({}, {"number": 3})["reports"]]
)
def test_a_request_holds_reports_that_follow_each_other(sent: object) -> None:
    """No request holds nothing, more than it may, something else, or numbers with a gap."""
    with pytest.raises(ValueError, match=r"report|number"):
        read_reports({"reports": sent})


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b" " * (LARGEST_BODY_BYTES + 1),
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_small_json_object_is_refused(body: bytes) -> None:
    """Too much, too deep, cut short, ambiguous, or no JSON: each is refused, and none is a crash."""
    with pytest.raises(ValueError, match=r"\w"):
        document_of(body)


def test_times_are_sent_in_utc() -> None:
    """A time is read as it was sent, to the millisecond."""
    assert instant(1_764_408_600.25) == "2025-11-29T09:30:00.250Z"
    assert unix_seconds("2025-11-29T09:30:00.250Z") == 1_764_408_600.25
