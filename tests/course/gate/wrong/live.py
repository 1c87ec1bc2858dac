"""Wrong answers to the exercise of notebook 06."""

from tests.course.gate.wrong_answers import Wrong

WRONG = {
    "totals-exact": (
        Wrong("ws.clear()\nws.send(200, modify=3)\nws.rest()", r"200 messages have been sent.*too small"),
        Wrong("ws.clear()\nws.send(1_000)\nws.rest()", r"only 0 change a trade"),
        Wrong(
            "ws.clear()\nws.send(1_000, modify=3, out_of_order=100)\nws.rest()",
            r"(?s)too large.*stands, although version 2 was sent as well",
        ),
    ),
}
