"""One page, shown to this machine alone.

The server listens on 127.0.0.1. It answers requests that name it as their host, so no other site can reach it by a name
that it has pointed here (DNS rebinding), and no request that comes from a page of another origin.
"""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aelab.errors import ConfigError

ADDRESS = "127.0.0.1"
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class PageServer(ThreadingHTTPServer):
    """Serves one page at `address`; `rule` is its Content-Security-Policy.

    Raises:
        ConfigError: the port is in use, or not one that this user may take.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, page: str, rule: str, port: int = 0):
        self.page, self.rule = page.encode(), f"{rule}; frame-ancestors 'none'"
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            raise ConfigError(f"--port: {port} cannot be had ({error.strerror}); 0 takes a free one") from None

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        return f"http://{ADDRESS}:{self.server_port}/"

    def trusts(self, host: str | None, origin: str | None) -> bool:
        """Whether a request is for this server by its own name, and not from a page of somebody else's."""
        own = {f"{name}:{self.server_port}" for name in (ADDRESS, "localhost")}
        return host in own and (origin is None or origin.removeprefix("http://") in own)

    def handle_error(self, request, client_address) -> None:
        """A browser that went away is no error."""


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of / alone."""

    server: PageServer  # ty: ignore[incompatible-mutable-override]
    timeout = 10  # seconds that a connection may say nothing
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer()

    def do_HEAD(self) -> None:
        self.answer()

    def answer(self) -> None:
        """The page, or why not."""
        origins, hosts = self.headers.get_all("Origin") or [None], self.headers.get_all("Host") or [None]
        trusted = all(self.server.trusts(host, origin) for host in hosts for origin in origins)
        if not trusted:
            return self.say(HTTPStatus.FORBIDDEN, b"This page is for the machine that it runs on.\n")
        if self.path.partition("?")[0] != "/":
            return self.say(HTTPStatus.NOT_FOUND, b"There is one page here, at /.\n")
        self.say(HTTPStatus.OK, self.server.page, "text/html")

    def say(self, status: HTTPStatus, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body)), **HEADERS}
        for name, value in (headers | {"Content-Security-Policy": self.server.rule}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        return "aelab"

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the page asks for nothing that is worth a line."""
