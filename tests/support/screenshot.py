"""The picture of the page in the README: `make screenshot` writes docs/page.png."""

from __future__ import annotations

import sys

from local.cloud import LocalCloud
from local.defaults import PROJECT
from local.events.recorded import read_event
from local.http.server import PortTakenError
from local.page.feed import Feed
from local.page.server import Page
from terminal.progress import StageProgress
from tests import ROOT
from tests.support.browser import MISSING, Browser

PICTURE = ROOT / "docs" / "page.png"
_EVENTS = (
    "function-url-json-workflow-finish",
    "tags/SpeechRecognition-xml",
    "function-url-json-bad-token",
    "tags/Transcode-json",
    "function-url-xml-failed",
    "function-url-json-unlisted-bucket",
    "queue-ckafka",
    "apigw-xml-success",
    "function-url-json-success",
    "timer-sweep",
)
_RESULT = "input/test.mp3.SoundHound.json"


def main() -> int:
    """Deliver some events, open the result, and keep what is seen; return 2 where there is no browser."""
    if MISSING:
        print(MISSING, file=sys.stderr)  # noqa: T201  # this is a command
        return 2
    try:
        with StageProgress() as progress:
            PICTURE.write_bytes(_picture(progress))
    except PortTakenError as taken:
        error = f"error: {taken}: stop `make serve`, whose addresses the picture shows."
        print(error, file=sys.stderr)  # noqa: T201  # this is a command
        return 2
    return 0


def _picture(progress: StageProgress) -> bytes:
    feed = Feed()
    cloud = LocalCloud(triggers={"function-url": 9001}, cos_port=9000, watch=feed.watch)
    progress.show("starting the browser")
    with cloud, Page(cloud, feed, port=9002) as page, Browser(width=1280, height=840) as browser:
        for done, name in enumerate(_EVENTS):
            progress.show("sending events", done, len(_EVENTS))
            cloud.invoke(read_event(PROJECT / "events" / f"{name}.json"))
        progress.show("sending events", len(_EVENTS), len(_EVENTS))
        progress.show("taking the picture")
        browser.open(f"{page.address}/")
        browser.click(f'[data-key="{_RESULT}"] .node')
        browser.wait("document.querySelector('#inspector').innerText.includes('青花瓷')")
        browser.run("document.activeElement.blur(); document.querySelector('#tree').scrollTop = 0")
        return browser.screenshot()


if __name__ == "__main__":
    sys.exit(main())
