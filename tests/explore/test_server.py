"""Whom the server answers, by requests written out byte by byte."""

import socket
import threading

import pytest

from aelab.errors import ConfigError
from aelab.explore import PageServer


@pytest.fixture
def server():
    with PageServer("<p>the page</p>", "default-src 'none'") as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def ask(server: PageServer, first: str, *headers: str) -> str:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as line:
        line.sendall("\r\n".join([first, *headers, "Connection: close", "", ""]).encode())
        return b"".join(iter(lambda: line.recv(65536), b"")).decode()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_its_own_name_is_answered(server, name):
    answer = ask(server, "GET / HTTP/1.1", f"Host: {name}:{server.server_port}")
    head, _, body = answer.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200")
    assert body == "<p>the page</p>"
    assert "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'" in head
    assert "X-Content-Type-Options: nosniff" in head
    assert "Python" not in head


def test_its_own_origin_is_answered(server):
    own = f"127.0.0.1:{server.server_port}"
    assert "200" in ask(server, "GET / HTTP/1.1", f"Host: {own}", f"Origin: http://{own}").splitlines()[0]


@pytest.mark.parametrize(
    "headers",
    [
        ["Host: somebody.example:{port}"],
        ["Host: 127.0.0.1.somebody.example:{port}"],
        ["Host: 127.0.0.1"],
        ["Host: 127.0.0.1:1"],
        [],
        ["Host: 127.0.0.1:{port}", "Host: somebody.example"],
        ["Host: 127.0.0.1:{port}", "Origin: http://somebody.example"],
        ["Host: 127.0.0.1:{port}", "Origin: https://127.0.0.1:{port}"],
        ["Host: 127.0.0.1:{port}", "Origin: http://127.0.0.1:1"],
        ["Host: 127.0.0.1:{port}", "Origin: null"],
    ],
)
def test_other_hosts_and_origins_are_refused(server, headers):
    answer = ask(server, "GET / HTTP/1.1", *(header.format(port=server.server_port) for header in headers))
    assert answer.startswith("HTTP/1.1 403")
    assert "the page" not in answer


@pytest.mark.parametrize(
    ("first", "code"),
    [("GET /../etc/passwd HTTP/1.1", 404), ("POST / HTTP/1.1", 501), ("HEAD / HTTP/1.1", 200), ("GET", 400)],
)
def test_there_is_one_page_to_get(server, first, code):
    answer = ask(server, first, f"Host: 127.0.0.1:{server.server_port}")
    assert str(code) in answer.splitlines()[0] or f"Error code: {code}" in answer
    assert "the page" not in answer


def test_it_listens_on_this_machine_alone(server):
    assert server.server_address[0] == "127.0.0.1"


def test_a_port_in_use_is_said(server):
    with pytest.raises(ConfigError, match=f"--port: {server.server_port}"):
        PageServer("", "", server.server_port)
