"""What stands for an AWS account where there is none: the offline cloud, without a word that AWS lacks.

Between the cloud and whoever speaks to it stands a proxy that answers nothing under `/_workshop/`, and
notes who asks. boto3 finds it as it finds any endpoint that somebody configured, in a file: nothing in the
workshop knows that this is not AWS.
"""

import json
import os
import threading
from collections.abc import Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from workshop.cloud.connection import Cloud
from workshop.settings import DEFAULT_HOST

FOREIGN = ("AWS_", "WORKSHOP_", "JUPYTER")
NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "date", "server"}
LONGEST_CALL_SECONDS = 900


class Account:
    """An account to which `environment` leads a process; `control_calls` are those that AWS has not."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud = cloud
        self.control_calls: list[str] = []
        # Code and message by operation, of services that are asked in JSON, and of CloudFormation.
        self.refused: dict[str, tuple[str, str]] = {}
        self._folder = folder
        self._target = urlsplit(cloud.endpoint or "").netloc
        self._server = ThreadingHTTPServer((DEFAULT_HOST, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        lines = ["[default]", "region = eu-west-1", f"endpoint_url = http://{DEFAULT_HOST}:{self.port}"]
        (self._folder / "config").write_text("\n".join(lines), encoding="utf-8")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where the proxy listens."""
        return int(self._server.server_address[1])

    @property
    def environment(self) -> dict[str, str]:
        """The variables of somebody who has signed in, and chosen AWS."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return kept | {
            "WORKSHOP_CLOUD": "aws",
            "WORKSHOP_HOME": str(self._folder / "home"),
            "AWS_CONFIG_FILE": str(self._folder / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self._folder / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "nobody's",
            "PYTHONUNBUFFERED": "1",
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        account = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.path.startswith("/_workshop"):
                    account.control_calls.append(f"{self.command} {self.path}")
                    self._answer(404, {}, b"")
                    return
                asked = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
                asked = asked or parse_qs(body.decode("latin-1")).get("Action", [""])[0]
                if refused := account.refused.get(asked):
                    self._answer(400, {}, _refusal(self.headers, *refused))
                    return
                there = HTTPConnection(account._target, timeout=LONGEST_CALL_SECONDS)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                self._answer(answer.status, dict(answer.getheaders()), answer.read())
                there.close()

            def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    if name.lower() not in NOT_PASSED_ON:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _pass_on  # noqa: N815 # HTTP's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def _refusal(headers: Mapping[str, str], code: str, message: str) -> bytes:
    if headers.get("X-Amz-Target"):
        return json.dumps({"__type": code, "message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>".encode()
