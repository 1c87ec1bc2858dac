"""Somebody in the room wishes the class ill: nothing is shown, nothing is lost, and the class goes on."""

import json
import socket
from contextlib import ExitStack, suppress
from urllib.parse import quote

import pytest

from tests.classroom.board.running import FORM, LOCAL, STEPS, RunningBoard
from workshop.classroom.board.serving import allow_connections

STEP = STEPS[0].id
EVIL = "<script>alert(1)</script>"
JSON = {"Content-Type": "application/json"}


def raw(running: RunningBoard, *pieces: bytes) -> bytes:
    """Send bytes as they are, and return what comes back until the board closes the connection."""
    with socket.create_connection((LOCAL, running.port), timeout=20) as connection:
        received = b""
        # The board may cut the connection while something is still being sent.
        with suppress(ConnectionError, BrokenPipeError):
            for piece in pieces:
                connection.sendall(piece)
            while more := connection.recv(65_536):
                received += more
        return received


def test_nobody_reports_for_somebody_else(running) -> None:
    """Reports without a token, with a made-up one, or with another's alias reach nobody's row."""
    ada = running.join("Ada")
    report = ada.note("checked", step=STEP, outcome="passed", attempts=1)

    for token in (None, "x" * 32, ada.token[:-1], ada.token.swapcase(), "a b", "'; DROP TABLE learners; --"):
        assert running.call("reports", {"reports": [report]}, token).status == 401
    assert running.call("reports", {"reports": [{**report, "alias": "Ada"}]}, ada.token).status == 400
    assert running.inside(lambda board: board.store.steps()) == []


@pytest.mark.parametrize(
    "alias", ["\u202eadA", "A\u200bda", "\u0410da", "A\x00da", "Ada\u034f", "A" * 25, "", 7, None]
)
def test_no_alias_passes_for_another(running, alias: object) -> None:
    """An alias that turns text around, holds what cannot be seen, or mixes alphabets lets nobody in."""
    running.join("Ada")
    code = running.inside(lambda board: board.code)

    assert running.call("join", {"code": code, "alias": alias}).status == 400


def test_html_in_an_alias_is_text(running) -> None:
    """Whatever an alias says is shown as text, on every page and in what pages load."""
    evil = '"><img src=x onerror=p>'
    running.join(evil).say("help", step=STEP)
    running.join("' onclick='p()")
    headers = running.as_instructor()

    pages = [running.ask("GET", path, headers=headers).text for path in ("/", "/instructor", "/join")]
    pages += [
        "".join(running.ask("GET", path, headers=headers).document["parts"].values())
        for path in ("/live?since=", "/instructor/live?since=")
    ]

    assert all("<img" not in page and "' onclick='" not in page for page in pages)
    assert any("&lt;img" in page for page in pages)


def test_markup_in_every_other_field_is_refused_or_text(running) -> None:
    """HTML in codes, steps, games, paths, queries and forms comes back as nothing that a browser runs."""
    ada = running.join("Ada")
    answers = [
        running.call("join", {"code": EVIL, "alias": "Bob"}),
        running.call("join", {"code": "ABC-234", "alias": EVIL}),
        running.call("join", {EVIL: 1}),
        running.call("reports", {"reports": [{**ada.note("help", step=EVIL)}]}, ada.token),
        running.call("reports", {"reports": [{**ada.note("played", game=EVIL, score=1)}]}, ada.token),
        running.call(f"solutions/{quote(EVIL)}", token=ada.token),
        running.ask("GET", f"/{quote(EVIL)}"),
        running.ask("GET", f"/live?since={quote(EVIL)}"),
        running.ask("GET", f"/join/{quote(EVIL, safe='')}"),
        running.ask("GET", f"/instructor?key={quote(EVIL)}"),
        running.act("rename", learner="1", alias=EVIL),
        running.act(EVIL),
        running.act("announce", notebook=EVIL),
    ]

    for answer in answers:
        kind = answer.headers["Content-Type"]
        assert kind.startswith(("application/json", "text/plain")) or EVIL not in answer.text
        assert answer.status < 500
    assert running.inside(lambda board: (board.announced, len(board.store.learners()))) == (None, 1)


def test_every_answer_forbids_what_it_does_not_need(running) -> None:
    """Pages and errors tell browsers to run nothing but the board's own script, and to frame it nowhere."""
    for path in ("/", "/instructor", "/nothing", "/api/1/state", "/board.js"):
        headers = running.ask("GET", path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert "Server" not in headers


def test_an_old_code_lets_nobody_in(running) -> None:
    """Once there is a new code, the old one is worth nothing."""
    old = running.inside(lambda board: board.code)
    running.act("code")

    assert running.call("join", {"code": old, "alias": "Eve"}).status == 403
    assert running.ask("GET", f"/join/{old}").status == 403
    running.join("Ada")


def test_codes_cannot_be_guessed(running, clock) -> None:
    """After a few wrong codes an address must wait, with the right one too; those who have joined go on."""
    ada = running.join("Ada")
    statuses = [running.call("join", {"code": "AAA-AAA", "alias": "Eve"}).status for _ in range(40)]
    assert statuses == [403] * 30 + [429] * 10
    code = running.inside(lambda board: board.code)

    refused = running.call("join", {"code": code, "alias": "Bob"})

    assert refused.status == 429
    assert running.ask("GET", f"/join/{code}").status == 429
    assert ada.say("began", step=STEP)
    clock.advance(int(refused.headers["Retry-After"]))
    running.join("Bob")


def test_the_instructors_key_cannot_be_guessed(running, clock) -> None:
    """After a few wrong keys an address must wait; the page behind the key says nothing of the class."""
    running.join("Ada")
    statuses = [running.ask("GET", f"/instructor?key=guess{n}").status for n in range(15)]

    assert statuses == [403] * 10 + [429] * 5
    clock.advance(60)
    assert "Ada" not in running.ask("GET", "/instructor?key=guess").text


def test_the_public_page_gives_no_control_away(running) -> None:
    """What everybody may see holds neither the key nor the join code, nor a form, and sets no cookie."""
    key, code, form, session = running.inside(
        lambda board: (board.key, board.code, board.secret_for("form"), board.secret_for("session"))
    )
    seen = [running.ask("GET", path) for path in ("/", "/live?since=", "/board.js")]

    for answer in seen:
        assert not any(secret in answer.text for secret in (key, code, form, session, "<form"))
        assert "Set-Cookie" not in answer.headers
    for path in ("/instructor", "/instructor/live?since=", "/instructor/class.csv", "/join"):
        assert running.ask("GET", path).status == 403
        assert running.ask("GET", path, headers={"Cookie": f"board-{running.port}={key}"}).status == 403


def test_a_learner_is_no_instructor(running) -> None:
    """A learner's token opens no page of the instructor, and without the cookie no button does anything."""
    ada = running.join("Ada")
    bearer = {"Authorization": f"Bearer {ada.token}"}

    assert running.ask("GET", "/instructor", headers=bearer).status == 403
    assert running.act("remove", headers=bearer, learner="1").status == 403
    assert len(running.inside(lambda board: board.store.learners())) == 1


def test_no_other_page_presses_the_instructors_buttons(running) -> None:
    """A form without the page's token, or from a foreign origin, changes nothing, even with the cookie."""
    cookie = running.as_instructor()
    foreign = {**cookie, "Origin": "http://evil.example"}
    alien = {**cookie, "Sec-Fetch-Site": "cross-site"}
    form = {**cookie, "Content-Type": FORM}

    assert running.act("close", headers=foreign).status == 403
    assert running.act("close", headers=alien).status == 403
    assert running.act("close", headers={**cookie, "Origin": "null"}).status == 403
    assert running.ask("POST", "/instructor", body=b"action=close", headers=form).status == 403
    assert running.ask("POST", "/instructor", body=b"token=0&action=close", headers=form).status == 403
    assert running.ask("GET", "/instructor?action=close", headers=cookie).status == 200
    assert not running.inside(lambda board: board.is_closed)
    set_cookie = running.ask("GET", f"/instructor?key={running.inside(lambda board: board.key)}").headers[
        "Set-Cookie"
    ]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Strict" in set_cookie


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "["])
def test_the_board_answers_to_its_own_names_alone(running, host: str) -> None:
    """A name that leads here, but is not this machine's, gets no page and no call."""
    for path in ("/", "/api/1/state", "/instructor", "/nothing"):
        assert running.ask("GET", path, headers={"Host": host}).status in {400, 421}


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_pages_of_others_call_nothing(running, origin: str) -> None:
    """A request with a foreign origin is refused, whatever it bears."""
    ada = running.join("Ada")

    assert running.call("state", token=ada.token, Origin=origin).status == 403
    assert running.call("leave", {}, ada.token, Origin=origin).status == 403
    assert running.call("join", {"code": "ABC-234", "alias": "E"}, Content_Type="text/plain").status == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"reports": ' + b"[" * 50_000,
        b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
        b'{"reports": [{"number": 1e400}]}',
        b'{"reports": [], "reports": []}',
        b'{"reports": ' + b"9" * 60_000 + b"}",
    ],
    ids=range(10),
)
def test_malformed_requests_are_refused(running, body: bytes) -> None:
    """What is no JSON, or nested too deeply, is refused with a reason, and the board goes on."""
    ada = running.join("Ada")
    headers = {**JSON, "Authorization": f"Bearer {ada.token}"}

    answer = running.ask("POST", "/api/1/reports", body=body, headers=headers)

    assert answer.status == 400
    assert answer.document["error"]
    assert ada.say("began", step=STEP)


def test_oversized_requests_are_cut_off(running) -> None:
    """What is larger than a request may be is refused, in bodies, headers and lines alike."""
    ada = running.join("Ada")
    large = json.dumps({"reports": [], "pad": "x" * 70_000}).encode()
    headers = {**JSON, "Authorization": f"Bearer {ada.token}"}

    assert running.ask("POST", "/api/1/reports", body=large, headers=headers).status == 413
    start = f"POST /api/1/reports HTTP/1.1\r\nHost: {LOCAL}\r\n".encode()
    for rest in (
        b"Content-Length: 9999999999\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"\x00\x01\r\n\r\n",
    ):
        assert raw(running, start, rest)[:12] in {b"", b"HTTP/1.1 400", b"HTTP/1.1 413"}
    assert b"200 OK" not in raw(running, b"GET /" + b"a" * 200_000)
    assert ada.say("began", step=STEP)


def test_no_path_leads_out(running) -> None:
    """Solutions and files of pages have names that are known; no other path opens a file."""
    ada = running.join("Ada")
    running.act("release", notebook="02")
    for path in (
        "solutions/..%2f..%2fetc%2fpasswd",
        "solutions/../../../etc/passwd",
        "solutions/02/../../01",
        "solutions/02%00",
        "solutions/*",
        "solutions/\u0660\u0662".encode().decode("latin-1"),
    ):
        assert running.call(quote(path, safe="/%*."), token=ada.token).status in {403, 404}
    for path in ("/board.js/../store.py", "/../store.py", "/page/base.html", "/board.cssx", "//etc/passwd"):
        assert running.ask("GET", path).status == 404


def test_a_flood_of_one_learner_holds_up_nobody_else(running, clock) -> None:
    """A learner who asks too often must wait, and is told how long; the others of the same address go on."""
    ada, eve = running.join("Ada"), running.join("Eve")
    statuses = [running.call("state", token=eve.token).status for _ in range(60)]
    assert statuses == [200] * 40 + [429] * 20
    assert int(running.call("state", token=eve.token).headers["Retry-After"]) >= 1
    assert ada.say("began", step=STEP)
    clock.advance(5)
    assert running.call("state", token=eve.token).status == 200


def test_what_costs_more_counts_more(running, clock) -> None:
    """Who sends five hundred reports again and again waits after a few; a thousand are taken at once."""
    ada, eve = running.join("Ada"), running.join("Eve")
    for _ in range(1_000):
        ada.note("checked", step=STEP, outcome="incorrect", attempts=1)
        eve.note("checked", step=STEP, outcome="incorrect", attempts=1)
    for start in (0, 500):
        sent = {"reports": ada.reports[start : start + 500]}
        assert running.call("reports", sent, ada.token).document["accepted"] == start + 500
    again = {"reports": eve.reports[:500]}

    statuses = [running.call("reports", again, eve.token).status for _ in range(10)]

    assert sorted(set(statuses)) == [200, 429]
    assert statuses.count(200) <= 3
    clock.advance(5)
    assert running.call("reports", again, eve.token).status == 200


def test_a_flood_of_strangers_holds_up_no_learner(running) -> None:
    """An address that asks too often without a token must wait; learners at the same address are served."""
    ada = running.join("Ada")
    while running.inside(lambda board: board.limits.take("address", LOCAL)) == 0:
        pass

    assert running.ask("GET", "/").status == 429
    assert running.call("state").status == 429
    assert ada.say("checked", step=STEP, outcome="passed", attempts=1)


def test_a_class_behind_one_address_joins_at_once(running) -> None:
    """Two hundred learners behind one address join within a moment, and some mistype the code."""
    for number in range(200):
        if number % 8 == 0:
            assert running.call("join", {"code": "AAA-AAA", "alias": "typo"}).status == 403
        running.join(f"Learner {number}")

    assert len(running.inside(lambda board: board.store.learners())) == 200


def test_made_up_learners_are_removed_at_once(running) -> None:
    """One button removes everybody who has reported nothing, such as a hundred that one person made up."""
    ada = running.join("Ada")
    ada.say("began", step=STEP)
    for number in range(20):
        running.join(f"Ghost {number}")

    last = running.join("Ghost").joined["learner"]
    running.act("idle", sure="yes", learner=last)

    assert running.inside(lambda board: [each.alias for each in board.store.learners()]) == ["Ada"]


def test_a_class_has_an_end(running, monkeypatch) -> None:
    """A board takes so many learners; one more is refused, and those who are there go on."""
    monkeypatch.setattr("workshop.classroom.board.store.MOST_LEARNERS", 2)
    ada, _ = running.join("Ada"), running.join("Bob")
    code = running.inside(lambda board: board.code)

    answer = running.call("join", {"code": code, "alias": "Eve"})

    assert (answer.status, "full" in answer.document["error"]) == (503, True)
    assert ada.say("began", step=STEP)


def test_a_thousand_connections_keep_nobody_out(running) -> None:
    """Connections that say nothing, or a byte now and then, are let go as soon as they are too many."""
    ada = running.join("Ada")
    allow_connections()
    with ExitStack() as open_ones:
        for number in range(1_000):
            connection = socket.create_connection((LOCAL, running.port), timeout=20)
            open_ones.enter_context(connection)
            if number % 2:
                connection.sendall(
                    b"POST /api/1/reports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n"
                )
        assert running.connections <= 450
        assert ada.say("checked", step=STEP, outcome="passed", attempts=1)
        assert running.ask("GET", "/").status == 200


def test_nothing_of_a_request_is_logged(running, capfd) -> None:
    """Neither addresses nor links with a key nor aliases are written to the terminal."""
    running.join("Ada")
    running.as_instructor()
    running.ask("GET", "/nothing")

    captured = capfd.readouterr()
    assert "Ada" not in captured.out + captured.err
    assert "key=" not in captured.out + captured.err
