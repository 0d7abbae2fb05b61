"""The stub server as a fixture: one in a thread for the session, set back before every test."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from inscape.keys import Keys
from tests.stub.server import Stub, free_socket, make_server

KEY = "sk-stub-0123456789abcdef"


class Server:
    """What a test says to the stub and hears from it."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def keys(self) -> Keys:
        """Keys that lead both adapters here."""
        return Keys(KEY, KEY, anthropic_base_url=self.url, openai_base_url=f"{self.url}/v1")

    @property
    def env(self) -> dict[str, str]:
        """The same for a command line."""
        return {
            "ANTHROPIC_API_KEY": KEY,
            "OPENAI_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": self.url,
            "OPENAI_BASE_URL": f"{self.url}/v1",
        }

    def control(self, **wish: Any) -> None:
        self._call("/control", wish)

    @property
    def stats(self) -> dict[str, Any]:
        return self._call("/stats")

    @property
    def accounts(self) -> dict[str, Any]:
        """Of the batches: what was handed in, what was charged."""
        return self._call("/accounts")

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """Every distinct request body, in the order first seen."""
        return self._call("/bodies")

    def _call(self, path: str, wish: dict[str, Any] | None = None) -> Any:
        data = None if wish is None else json.dumps(wish).encode()
        request = urllib.request.Request(self.url + path, data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def stub_server() -> Iterator[Server]:
    listener = free_socket("127.0.0.1", 0)
    server = make_server(Stub())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield Server(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(timeout=5)
    listener.close()


@pytest.fixture
def stub(stub_server: Server) -> Server:
    stub_server.control(reset=True)
    return stub_server
