"""A translation service on the loopback, as somebody would run their own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any

from pytest_django import Settings


class Translator:
    """asked: what came. answer: bytes, else what `say` makes of the text. delay_s: before it."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.status = 200
        self.answer: bytes | None = None
        self.said = "in other words: {text}"
        self.delay_s = 0.0
        translator = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                translator.asked.append(asked)
                time.sleep(translator.delay_s)
                body = translator.answer
                if body is None:
                    text = translator.said.replace("{text}", asked["text"])
                    body = json.dumps({"text": text, "source": "de"}).encode()
                self.send_response(translator.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/translate"


@contextmanager
def running(settings: Settings) -> Iterator[Translator]:
    """It runs, the desk knows it, and may go to its private address."""
    translator = Translator()
    thread = threading.Thread(target=translator.server.serve_forever, args=(0.02,))
    thread.start()
    settings.TRANSLATE_URL = translator.url
    settings.OUTBOUND_ALLOW = (ip_network("127.0.0.0/8"),)
    try:
        yield translator
    finally:
        translator.server.shutdown()
        thread.join()
        translator.server.server_close()
