"""A Chromium without a window, driven through a pipe by the DevTools protocol: no port is opened, nothing installed."""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--hide-scrollbars",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--remote-debugging-pipe",
    "about:blank",
)


class Tab:
    """One page. `run` gives the value of an expression of JavaScript, `click` and `key` are those of a person."""

    def __init__(self, orders: BinaryIO, answers: BinaryIO):
        self.orders, self.answers = orders, answers
        self.number, self.session, self.events = 0, None, []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send an order and wait for its answer; what happens meanwhile is kept in `events`."""
        self.number += 1
        order = {"id": self.number, "method": method, "params": params}
        order |= {"sessionId": self.session} if self.session else {}
        self.orders.write(json.dumps(order).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def read(self) -> dict[str, Any]:
        found = bytearray()
        while (byte := self.answers.read(1)) != b"\0":
            assert byte, "the browser has ended"
            found += byte
        return json.loads(found)

    def open(self, address: str) -> None:
        """Go to an address and wait until the page has loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read())

    def run(self, expression: str) -> Any:
        found = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, seconds: float = 0.1) -> None:
        """Let the page work for a while."""
        self.run(f"new Promise((next) => setTimeout(next, {1000 * seconds}))")

    def size(self, width: int, height: int, *, dark: bool = False, mobile: bool = False) -> None:
        sharp = 2 if mobile else 1
        self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=sharp, mobile=mobile
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def place(self, selector: str) -> dict[str, float]:
        """Where an element is, after it has been scrolled into the middle."""
        return self.run(
            "((e) => { e.scrollIntoView({block: 'center'}); const {x, y, width, height} = e.getBoundingClientRect();"
            f"return {{x, y, width, height}} }})(document.querySelector({json.dumps(selector)}))"
        )

    def drag(self, selector: str, *places: tuple[float, float]) -> None:
        """Press the mouse at the first of some places in an element, shares of its size, and move through all."""
        box = self.place(selector)
        points = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in places]
        kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*points, points[-1]], strict=True):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def touch(self, selector: str, *places: tuple[float, float]) -> None:
        """The same with a finger."""
        box = self.place(selector)
        points = [{"x": box["x"] + a * box["width"], "y": box["y"] + b * box["height"]} for a, b in places]
        for kind, point in zip(["touchStart", *["touchMove"] * (len(points) - 1)], points, strict=True):
            self.ask("Input.dispatchTouchEvent", type=kind, touchPoints=[point])
        self.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def click(self, selector: str) -> None:
        self.drag(selector, (0.5, 0.5))

    def key(self, name: str, *, shift: bool = False) -> None:
        code = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32}[name]
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, windowsVirtualKeyCode=code, modifiers=8 * shift)

    def picture(self, path: Path, *, whole: bool = True) -> None:
        shot = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def mistakes(self) -> list[Any]:
        """What the page has complained of: exceptions, and what its policy has refused."""
        thrown = [event["params"] for event in self.events if event.get("method") == "Runtime.exceptionThrown"]
        logged = [event["params"]["entry"] for event in self.events if event.get("method") == "Log.entryAdded"]
        return thrown + [entry for entry in logged if entry["level"] == "error"]

    def loaded(self) -> list[str]:
        """The addresses that the page has asked for."""
        asked = [event for event in self.events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in asked]


@contextmanager
def browser(profile: Path) -> Iterator[Tab]:
    """A fresh Chromium, its files in `profile`."""
    (out, orders), (answers, into) = os.pipe(), os.pipe()
    command = f'exec "$0" "$@" 3<&{out} 4>&{into}'
    process = subprocess.Popen(
        ["bash", "-c", command, str(CHROMIUM), f"--user-data-dir={profile}", *FLAGS],
        pass_fds=(out, into), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(out), os.close(into)
    with os.fdopen(orders, "wb", 0) as ask, os.fdopen(answers, "rb") as answer:
        try:
            tab = Tab(ask, answer)
            yield tab
            tab.session = None
            tab.ask("Browser.close")
        finally:
            process.terminate()
            process.wait(20)
