"""What the other tests rely on."""

import socket

import pytest


def test_no_test_can_reach_the_network() -> None:
    with (
        socket.socket() as outside,
        pytest.raises(RuntimeError, match="wanted to connect"),
    ):
        outside.connect(("192.0.2.1", 80))
