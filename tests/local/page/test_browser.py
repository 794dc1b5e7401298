"""The page of `make serve` in a real browser, as a person meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from local.events import mutations
from local.faults.requests import Faults
from local.page.feed import Feed
from local.page.server import Page
from tests.support.browser import MISSING, Browser
from tests.support.deployment import BUCKET, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.page.conftest import Stage

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

RESULT = "input/test.mp3.SoundHound.json"
ROWS = "#delivery-list button"
INSPECTOR = "#inspector[open]"
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
CLEAR_ENOUGH = 4.5  # contrast that WCAG 2 asks of text, level AA

# Every visible element with a text of its own, and the contrast of the text to its background.
CONTRASTS = r"""
    const numbers = (color) => {
        const canvas = new OffscreenCanvas(1, 1).getContext("2d");
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = (color) => numbers(color).slice(0, 3)
        .map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        const color = getComputedStyle(element).backgroundColor;
        return numbers(color)[3] === 255 ? color : behind(element.parentElement);
    };
    const seen = [...document.querySelectorAll("body *")].filter((element) => element.checkVisibility()
        && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    return seen.map((element) => {
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
        return [(a + 0.05) / (b + 0.05), element.outerHTML.slice(0, 80)];
    });
"""


def background(browser: Browser) -> int:
    """Return how light the page's ground is, from 0 to 255."""
    red = browser.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    return int(red)


@pytest.mark.parametrize(
    ("options", "send", "title"),
    [
        ({"width": 1440, "height": 900}, "Send", "Deliveries 1"),
        ({"width": 1440, "height": 900, "scheme": "dark", "language": "zh-CN"}, "发送", "投递 1"),
        ({"width": 1000, "height": 700}, "Send", "Deliveries 1"),
        ({"width": 390, "height": 844}, "Send", "Deliveries 1"),
        ({"width": 390, "height": 844, "scheme": "dark", "language": "zh-CN"}, "发送", "投递 1"),
    ],
    ids=["wide", "wide-dark-zh", "narrow", "phone", "phone-dark-zh"],
)
def test_sent_event_leads_to_its_delivery_and_result(
    visit: Callable[..., Browser], options: dict[str, Any], send: str, title: str
) -> None:
    """The main path, at every width, light and dark, in both languages, without horizontal scrolling."""
    browser = visit(**options)
    assert browser.text("#send-form button") == send
    browser.click("#send-form button")
    browser.wait(f"document.querySelectorAll({ROWS!r}).length === 1")
    browser.wait(f"document.querySelector({ROWS!r}).innerText.includes('written')")
    assert browser.text("#deliveries h2") == title
    row = browser.text(ROWS)
    assert all(word in row for word in ("SoundHound", "Success", "function-url", "200"))
    browser.click(ROWS)
    browser.wait(f"document.querySelector({INSPECTOR!r})")
    shown = browser.text(INSPECTOR)
    assert "POST /••••" in shown
    assert TOKEN not in browser.run("return document.documentElement.outerHTML")
    assert '"outcome": "written"' in shown
    assert '"store_ms": ' in shown
    assert browser.text(".key") == RESULT
    browser.click(".key")
    browser.wait(f"document.querySelector('#inspector-title').innerText === {RESULT!r}")
    assert '  "SongName": "青花瓷"\n' in browser.text("#inspector-body > pre")
    assert browser.run("return document.documentElement.scrollWidth") == options["width"]
    browser.click("#close")
    browser.wait(f"!document.querySelector({INSPECTOR!r})")
    assert browser.run("return document.documentElement.scrollWidth") == options["width"]
    browser.click(f'#tree [data-key="{RESULT}"] .node')
    browser.wait(f"document.querySelector('#inspector-title')?.innerText === {RESULT!r}")


@pytest.mark.parametrize("width", [1440, 390])
def test_keyboard_reaches_everything(stage: Stage, visit: Callable[..., Browser], width: int) -> None:
    """Tab reaches every part visibly; arrows move in lists, Enter opens, Escape closes and restores the focus."""
    stage.callback()
    stage.callback(JobId="s2", Tag="Transcode")
    browser = visit(width=width)
    browser.wait(f"document.querySelectorAll({ROWS!r}).length === 2")
    reached = []
    for _ in range(16):
        browser.press("Tab")
        reached.append(browser.run("return document.activeElement.closest('section, header')?.id"))
        style = "getComputedStyle(document.activeElement)"
        sign = f"{style}.outlineStyle !== 'none' ? document.activeElement : document.activeElement.nextElementSibling"
        sign = f"document.activeElement.matches('[role=treeitem]') ? document.activeElement.firstElementChild : {sign}"
        assert browser.run(f"return getComputedStyle({sign}).outlineStyle") == "solid"
        if reached[-1] == "deliveries":
            break
    assert reached == [*[""] * 3, *["send"] * 3, "faults", *["commands"] * 3, "deliveries"]
    assert "Transcode" in browser.run("return document.activeElement.innerText")
    browser.press("Down", "Enter")
    browser.wait(f"document.querySelector({INSPECTOR!r})?.innerText.includes('s1')")
    if width == 1440:  # the list can be gone through while each is shown beside it
        browser.press("Up")
        browser.wait(f"document.querySelector({INSPECTOR!r}).innerText.includes('s2')")
        browser.press("Down")
        browser.wait(f"document.querySelector({INSPECTOR!r}).innerText.includes('s1')")
    browser.press("Escape")
    browser.wait(f"!document.querySelector({INSPECTOR!r})")
    assert "SoundHound" in browser.run("return document.activeElement.innerText")
    browser.press("Tab")
    assert browser.run("return document.activeElement.dataset.path") == "input/"
    browser.press("Left")
    assert browser.run("return document.querySelector('[data-key]').checkVisibility()") is False
    browser.press("Right", "Right")
    assert browser.run("return document.activeElement.dataset.key") == "input/mine.mp3.SoundHound.json"
    browser.press("End")
    assert browser.run("return document.activeElement.dataset.key") == "input/test.mp3"
    browser.press("Home", "Down", "Enter")
    browser.wait(f'document.querySelector({INSPECTOR!r})?.innerText.includes(\'"JobId": "s1"\')')
    browser.press("Escape", "Left")
    assert browser.run("return document.activeElement.dataset.path") == "input/"


def test_foreign_text_stays_text(stage: Stage, visit: Callable[..., Browser]) -> None:
    """No Tag, State, key, body or object becomes markup or runs; all of it is shown literally."""
    stage.callback(Tag=HOSTILE, State="Failed", Input={"BucketId": BUCKET, "Object": f"a/{HOSTILE}/b.mp3"})
    stage.callback(Message=HOSTILE, UserData="</pre><style>*{display:none}</style>", JobId="\u202egnirts")
    stage.callback(Tag="x" * 5000, JobId="s3")
    (trigger,) = stage.cloud.triggers.values()
    requests.post(f"{trigger.address}/x?{HOSTILE}", data=f"<a>{HOSTILE}</a>", headers={"X-Own": HOSTILE}, timeout=30)
    keys = ["__proto__/constructor", "a//b", "dir/", f"z/{HOSTILE}.html", "javascript:alert(1)", "\u202etxt.exe"]
    for key in keys:
        stage.cloud.cos.put(BUCKET, key, HOSTILE.encode(), content_type="text/html")
    browser = visit()
    browser.wait(f"document.querySelectorAll({ROWS!r}).length === 4")
    browser.wait("document.querySelectorAll('#tree [data-key]').length > 6")
    assert HOSTILE in browser.text("#delivery-list")
    assert "\\u202etxt.exe" in browser.text("#tree")
    rows = browser.run(f"return [...document.querySelectorAll({ROWS!r})].map((row) => row.dataset.number)")
    for number in rows:
        browser.click(f'{ROWS}[data-number="{number}"]')
        browser.wait(f"document.querySelector('#inspector-title').innerText === 'Delivery {number}'")
        browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert browser.run("return document.documentElement.scrollWidth") == 1440
    shown = browser.run("return [...document.querySelectorAll('#tree [data-key]')].map((item) => item.dataset.key)")
    assert set(keys) < set(shown)
    for key in keys:
        browser.run(
            "[...document.querySelectorAll('#tree [data-key]')]"
            ".find((item) => item.dataset.key === arguments[0]).firstElementChild.click()",
            key,
        )
        browser.wait("document.querySelector('#inspector pre')?.innerText.includes('onerror=')")
        browser.press("Escape")
    assert browser.run("return window.hacked ?? null") is None
    assert browser.run("return document.querySelectorAll('img, style, iframe, a').length") == 0
    assert browser.run("return document.scripts.length") == 1


def test_policy_refuses_markup_from_text(visit: Callable[..., Browser]) -> None:
    """The served policy stops the page's own code too."""
    browser = visit()
    script = "try { document.body.innerHTML = '<b>x</b>'; } catch (error) { return error.name; }"
    assert browser.run(script) == "TypeError"
    (told,) = browser.console()
    assert "TrustedHTML" in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(stage: Stage, visit: Callable[..., Browser], scheme: str) -> None:
    """Light and dark, each text has the contrast of WCAG 2, level AA."""
    stage.callback()
    stage.callback(JobId="s2", Input={"BucketId": "other-1234567890", "Object": "a"})
    requests.post(stage.cloud.triggers["function-url"].address, data="x", timeout=30)
    browser = visit(scheme=scheme)
    browser.wait(f"document.querySelectorAll({ROWS!r}).length === 3")
    browser.click("input[name=faults][value=own]")
    browser.type("input[name=text]", "no")
    browser.press("Enter")
    browser.wait("document.querySelector('#faults-error').innerText")
    browser.click("#delivery-list li:nth-child(3) button")
    browser.wait(f"document.querySelector({INSPECTOR!r} + ' .value')")
    contrasts = browser.run(CONTRASTS)
    assert len(contrasts) > 40
    assert not [each for each in contrasts if each[0] < CLEAR_ENOUGH]
    (told,) = browser.console()  # the console lists every answer 400
    assert "/api/faults" in told


def test_language_is_switched_and_kept(visit: Callable[..., Browser]) -> None:
    """The browser's language is the default, the switch changes every text at once, and a reload keeps it."""
    browser = visit(language="zh-CN")
    assert browser.run("return document.documentElement.lang") == "zh-CN"
    assert browser.text("#send-title") == "发送事件"
    browser.click("#language")
    assert browser.text("#send-title") == "Send an event"
    assert browser.text("#live") == "live"
    assert browser.run("return document.querySelector('optgroup').label") == "Function URL"
    browser.run("location.reload()")
    browser.wait("document.querySelector('#live')?.innerText === 'live'")
    assert browser.text("#language") == "中文"


def test_both_languages_have_every_text(visit: Callable[..., Browser]) -> None:
    """The page names no other, and each mutation is explained in Chinese too."""
    browser = visit()
    words = browser.run("return import('/strings.js').then((strings) => strings.STRINGS)")
    explained = {f"mutation.{name}" for name in mutations.ALL}
    assert words["zh"].keys() - words["en"].keys() == explained
    assert not words["en"].keys() - words["zh"].keys()
    named = browser.run("return [...document.querySelectorAll('[data-t]')].map((each) => each.dataset.t)")
    assert set(named) <= words["en"].keys()
    assert all(text.strip() for texts in words.values() for text in texts.values())


def test_theme_is_switched_and_kept(visit: Callable[..., Browser]) -> None:
    """The system's preference is the default; the switch overrides it, and a reload keeps it."""
    browser = visit(scheme="dark")
    assert background(browser) < 40
    browser.click("#theme")
    assert background(browser) > 215
    browser.run("location.reload()")
    browser.wait("document.querySelector('#live')?.className === 'on'")
    assert background(browser) > 215
    browser.click("#theme")
    assert background(browser) < 40
    assert browser.run("return document.querySelector('#theme').ariaLabel") == "Theme: dark"


def test_faults_are_switched_and_mistakes_explained(stage: Stage, visit: Callable[..., Browser]) -> None:
    """A click makes COS flaky; a valid custom description applies, for another one the message lists the names."""
    browser = visit()
    browser.click("input[value=flaky]")
    browser.wait("document.querySelector('#faults-now').innerText.includes('latency=0.02')")
    assert stage.cloud.cos.faults.summary == Faults.parse("flaky").summary
    browser.click("input[name=faults][value=own]")
    browser.type("input[name=text]", "stormy")
    browser.click("#own-faults button")
    browser.wait("document.querySelector('#faults-error').innerText")
    assert browser.text("#faults-error") == "unknown faults: stormy (there are none, flaky, slow)"
    browser.type("input[name=text]", "error=0.5")
    browser.press("Enter")
    browser.wait("!document.querySelector('#faults-error').innerText")
    assert stage.cloud.cos.faults.rates == {"500": 0.125, "503": 0.125, "429": 0.125, "reset": 0.125}
    browser.click("input[value=none]")
    browser.wait("document.querySelector('#faults-now').innerText.startsWith('COS carries out')")
    assert stage.cloud.cos.faults.rates == {}
    (told,) = browser.console()
    assert "/api/faults" in told


def test_event_is_generated_from_the_form(stage: Stage, visit: Callable[..., Browser]) -> None:
    """Tag, State, format, trigger and mutation are chosen; an impossible event is explained."""
    browser = visit(width=390, height=844)
    browser.click("input[value=generated]")
    for name, value in {"tag": "Transcode", "state": "Failed", "format": "json", "trigger": "cmq"}.items():
        browser.choose(f"select[name={name}]", value)
    browser.choose("select[name=mutate]", "wrong-token")
    assert browser.text("#mutation") == "Send to a path without the token."
    browser.click("#send-form button")
    browser.wait("document.querySelector('#send-error').innerText")
    assert "wrong-token needs an HTTP request" in browser.text("#send-error")
    browser.choose("select[name=mutate]", "duplicate")
    browser.click("#send-form button")
    browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('written')")
    assert browser.text("#send-error") == ""
    row = browser.text(ROWS)
    assert all(word in row for word in ("Transcode", "Failed", "duplicate", "cmq"))
    assert stage.cloud.listing() == ["in/sample.mp4.Transcode.ad8d4ce1.failed.json", "input/test.mp3"]
    (told,) = browser.console()
    assert "/api/send" in told


def test_new_deliveries_appear_by_themselves(stage: Stage, visit: Callable[..., Browser]) -> None:
    """A callback POSTed elsewhere is on top without a reload, and its object in the bucket."""
    browser = visit()
    for number in (1, 2):
        stage.callback(JobId=f"s{number}", Tag=f"Own{number}")
        browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('Own{number}')")
        browser.wait(f"document.querySelector('#tree').innerText.includes('mine.mp3.Own{number}.json')")
    assert browser.run(f"return document.querySelectorAll({ROWS!r}).length") == 2
    stage.cloud.cos.put(BUCKET, "input/uploaded.mp3", b"mp3")
    browser.wait("document.querySelector('#tree').innerText.includes('uploaded.mp3')")


def test_restarted_cloud_replaces_the_old_one(stage: Stage, visit: Callable[..., Browser]) -> None:
    """The page reports the end, and starts over with the next cloud at the address."""
    browser = visit()
    stage.callback()
    browser.wait(f"document.querySelectorAll({ROWS!r}).length === 1")
    stage.page.stop()
    browser.wait("document.querySelector('#live').innerText === 'the local cloud has ended'")
    with Page(stage.cloud, Feed(), port=stage.page.port):
        browser.wait("document.querySelector('#live').innerText === 'live'")
        browser.wait(f"document.querySelectorAll({ROWS!r}).length === 0")
        assert browser.text("#no-deliveries").startswith("None yet.")
        assert all("ERR_CONNECTION_REFUSED" in told for told in browser.console())
        browser.open("about:blank")
