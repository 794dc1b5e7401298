"""A real browser for the tests of the page: headless Chromium, driven by WebDriver over plain HTTP."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from typing_extensions import Self

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
DRIVER = shutil.which("chromedriver") or ""
MISSING = "" if CHROMIUM and DRIVER else "needs a browser: apt-get install chromium chromium-driver"

KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "Left": "\ue012", "Up": "\ue013"}
KEYS |= {"Right": "\ue014", "Down": "\ue015", "End": "\ue010", "Home": "\ue011"}
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # containers and root have none; it sees our own page alone
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_PATIENCE_S = 20
_A_START_S = 120  # on a busy machine
_STARTS = 3


class Browser:
    """One browser with one page, from construction to `close` (or inside a `with`).

    `width` and `height` are those of the page in CSS pixels, `scheme` is what the system prefers.
    """

    def __init__(self, *, width: int = 1440, height: int = 900, scheme: str = "light", language: str = "en-US") -> None:
        self._process, port = _driver()
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy leads to 127.0.0.1
        self._url = ""
        try:
            self._start(port, language)
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
            self._devtools("Emulation.setDeviceMetricsOverride", metrics)
            preferred = [{"name": "prefers-color-scheme", "value": scheme}]
            self._devtools("Emulation.setEmulatedMedia", {"features": preferred})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the started browser."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End browser and driver."""
        if self._url:
            self._http.delete(self._url, timeout=_PATIENCE_S)
        self._http.close()
        self._process.terminate()
        self._process.communicate()

    def open(self, url: str) -> None:
        """Load a page."""
        self._ask("url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a function body in the page and return its value, or that of its promise."""
        return self._ask("execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, expression: str, *arguments: Any) -> Any:
        """Return the value of an expression as soon as it is true; `arguments[0]` is its first argument."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (value := self.run(f"return ({expression})", *arguments)):
            assert time.monotonic() < deadline, f"in vain: {expression}\n{self.text('main')[-2000:]}"
            time.sleep(0.05)
        return value

    def text(self, selector: str) -> str:
        """Return the visible text of an element."""
        return str(self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def click(self, selector: str) -> None:
        """Click on an element; fail if another one covers it."""
        self.wait("document.querySelector(arguments[0])", selector)
        element = self._ask("element", {"using": "css selector", "value": selector})
        self._ask(f"element/{next(iter(element.values()))}/click", {})

    def type(self, selector: str, text: str) -> None:
        """Replace the text of a field."""
        element = self._ask("element", {"using": "css selector", "value": selector})
        field = f"element/{next(iter(element.values()))}"
        self._ask(f"{field}/clear", {})
        self._ask(f"{field}/value", {"text": text})

    def choose(self, selector: str, value: str) -> None:
        """Choose an option of a select."""
        script = """
            const select = document.querySelector(arguments[0]);
            select.value = arguments[1];
            select.dispatchEvent(new Event("change", { bubbles: true }));
            return select.value;
        """
        assert self.run(script, selector, value) == value

    def press(self, *names: str) -> None:
        """Press keys in sequence at the focus; names as in KEYS, or single characters."""
        keys = [KEYS.get(name, name) for name in names]
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def screenshot(self) -> bytes:
        """Return a PNG of the visible page."""
        return base64.b64decode(self._devtools("Page.captureScreenshot", {"format": "png"})["data"])

    def console(self) -> list[str]:
        """Return the warnings and errors on the console since the last call."""
        entries = self._ask("se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in {"WARNING", "SEVERE"}]

    def hosts(self) -> set[str]:
        """Return the hosts of the page's requests since the last call, as in `127.0.0.1:9002`."""
        entries = [json.loads(entry["message"])["message"] for entry in self._ask("se/log", {"type": "performance"})]
        urls = [each["params"]["request"]["url"] for each in entries if each["method"] == "Network.requestWillBeSent"]
        return {urlsplit(url).netloc for url in urls}

    def _start(self, port: str, language: str) -> None:
        capabilities = {
            "goog:chromeOptions": {
                "binary": CHROMIUM,
                "args": [*_OPTIONS, f"--accept-lang={language}"],
            },
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        sessions = f"http://127.0.0.1:{port}/session"
        wanted = {"capabilities": {"alwaysMatch": capabilities}}
        session = _value(self._http.post(sessions, json=wanted, timeout=_A_START_S))
        self._url = f"{sessions}/{session['sessionId']}"

    def _devtools(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._ask("goog/cdp/execute", {"cmd": command, "params": parameters})

    def _ask(self, path: str, content: dict[str, Any]) -> Any:
        return _value(self._http.post(f"{self._url}/{path}", json=content, timeout=_A_START_S))


def _driver() -> tuple[subprocess.Popen[str], str]:
    """Return a driver that listens, and its port.

    A port that is free for one family of addresses may be taken for the other: then the driver exits and is started
    again.
    """
    for _ in range(_STARTS):
        process = subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            if port := re.search(r"started successfully on port (\d+)", line):
                return process, port[1]
        process.wait()
        process.stdout.close()
    raise AssertionError("chromedriver did not start")


def _value(response: requests.Response) -> Any:
    value = response.json()["value"]
    assert response.ok, f"{value['error']}: {value['message']}"
    return value
