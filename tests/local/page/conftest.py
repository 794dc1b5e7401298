"""A local cloud with its page: for a client of its API, and for a browser."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.cloud import LocalCloud
from local.events.recorded import post
from local.page.feed import Feed
from local.page.server import Page
from tests.support.browser import Browser
from tests.support.deployment import BUCKET, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Visitor:
    """A client of the page."""

    def __init__(self, cloud: LocalCloud, page: Page, session: requests.Session) -> None:
        self.cloud = cloud
        self.page = page
        self.session = session

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the answer, which is 200."""
        answer = self.session.get(f"{self.page.address}/api/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, method: str, path: str, content: Any, **headers: str) -> requests.Response:
        """Return the answer to a request that changes something."""
        body = content if isinstance(content, str) else json.dumps(content)
        headers = {"Content-Type": "application/json", **headers}
        return self.session.request(method, f"{self.page.address}/api/{path}", data=body, headers=headers)

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the list of the page, the newest last."""
        return sorted(self.get("state")["deliveries"], key=lambda each: each["number"])

    def send(self, **wanted: Any) -> dict[str, Any]:
        """Send an event and return its delivery, once it has ended."""
        before = len(self.deliveries())
        answer = self.ask("POST", "send", wanted)
        assert answer.status_code == 202, answer.text
        deadline = time.monotonic() + 30
        while len(now := self.deliveries()) == before or now[-1]["running"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        whole: dict[str, Any] = self.get(f"deliveries/{now[-1]['number']}")
        return whole

    def post(self, path: str, body: str = "{}") -> dict[str, Any]:
        """Return the delivery of a callback POSTed to the trigger."""
        (trigger,) = self.cloud.triggers.values()
        self.session.post(trigger.address + path, data=body.encode())
        whole: dict[str, Any] = self.get(f"deliveries/{self.deliveries()[-1]['number']}")
        return whole


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    """Return a visitor of a local cloud with the real function."""
    feed = Feed()
    cloud = LocalCloud(triggers={"function-url": 0}, watch=feed.watch)
    with cloud, Page(cloud, feed) as page, requests.Session() as session:
        yield Visitor(cloud, page, session)


class Stage:
    """A local cloud with its page, and browsers to look at it."""

    def __init__(self, cloud: LocalCloud, page: Page) -> None:
        self.cloud = cloud
        self.page = page

    @property
    def url(self) -> str:
        """The page's address."""
        return f"{self.page.address}/"

    def callback(self, **more: Any) -> None:
        """POST a callback, as CI does."""
        detail = {
            "JobId": "s1",
            "Tag": "SoundHound",
            "State": "Success",
            "Code": "Success",
            "Input": {"BucketId": BUCKET, "Object": "input/mine.mp3"},
            **more,
        }
        body = json.dumps({"EventName": "TaskFinish", "JobsDetail": [detail]})
        event = {"path": f"/{TOKEN}", "headers": {"content-type": "application/json"}, "body": body}
        post(event, self.cloud.triggers["function-url"].address)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a local cloud with the real function and the page."""
    feed = Feed()
    cloud = LocalCloud(triggers={"function-url": 0}, watch=feed.watch)
    with cloud, Page(cloud, feed) as page:
        yield Stage(cloud, page)


@pytest.fixture
def visit(stage: Stage) -> Iterator[Callable[..., Browser]]:
    """Return a way to open the page in a browser; in the end no console has an error and no other host was asked."""
    opened: list[Browser] = []

    def visit(**options: Any) -> Browser:
        browser = Browser(**options)
        opened.append(browser)
        browser.open(stage.url)
        browser.wait("document.querySelector('#live').className === 'on'")
        return browser

    try:
        yield visit
        for browser in opened:
            assert browser.hosts() == {f"127.0.0.1:{stage.page.port}"}
            assert browser.console() == []
    finally:
        for browser in opened:
            browser.close()
