"""The controls of the page in a real browser: reviews, a body from a file, commands, reset, hints, languages, times."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.browser import MISSING, Browser
from tests.support.deployment import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.local.page.conftest import Stage

pytestmark = [pytest.mark.long, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

ROWS = "#delivery-list button"
INSPECTOR = "#inspector[open]"
PHONE = {"width": 390, "height": 844}
SIZES = pytest.mark.parametrize("size", [{}, PHONE], ids=["wide", "phone"])

# Drop a file with a text on the form.
DROP = """
    const data = new DataTransfer();
    data.items.add(new File([arguments[0]], "callback.xml"));
    for (const kind of ["dragover", "drop"]) {
        document.querySelector("#send h2").dispatchEvent(
            new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: data }));
    }
"""


def value(browser: Browser, name: str) -> Any:
    """Return the value of a field of the form."""
    return browser.run("return document.querySelector('#send-form').elements[arguments[0]].value", name)


def is_visible(browser: Browser, selector: str) -> bool:
    """Return whether an element is shown."""
    return bool(browser.run("return document.querySelector(arguments[0]).checkVisibility()", selector))


def is_wide_enough(browser: Browser) -> bool:
    """Return whether nothing is beyond the right edge."""
    return bool(browser.run("return document.documentElement.scrollWidth <= innerWidth"))


@SIZES
def test_review_is_json_with_a_verdict(visit: Callable[..., Browser], size: dict[str, int]) -> None:
    """The format switches by itself, and back for another Tag; the verdict is only asked for a review."""
    browser = visit(**size)
    browser.click("input[value=generated]")
    assert value(browser, "format") == "xml"
    assert not is_visible(browser, "#verdict")
    browser.choose("select[name=tag]", "ReviewImage")
    assert value(browser, "format") == "json"
    assert browser.run("return document.querySelector('[name=format]').options[0].disabled") is True
    browser.choose("select[name=result]", "block")
    assert is_wide_enough(browser)
    browser.click("#send-form button")
    browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('written')")
    browser.click(ROWS)
    browser.wait(f"document.querySelector({INSPECTOR!r})")
    assert '"Result": 1' in browser.text("#inspector-body")
    browser.press("Escape")
    browser.choose("select[name=tag]", "Transcode")
    assert value(browser, "format") == "xml"
    assert not is_visible(browser, "#verdict")
    browser.click("#send-form button")
    browser.wait(f"document.querySelectorAll({ROWS!r}).length === 2")
    assert browser.text("#send-error") == ""


@SIZES
def test_dropped_body_is_sent(stage: Stage, visit: Callable[..., Browser], size: dict[str, int]) -> None:
    """As it is; without a file, or with one that is too large, the reason is shown in the language of the page."""
    browser = visit(**size, language="zh-CN")
    browser.click("input[value=own]")
    assert browser.text("#own-name") == "回调请求体文件：选择文件，或拖放到这里"
    browser.click("#send-form button")
    browser.wait("document.querySelector('#send-error').innerText === '请先选择文件。'")
    browser.click("#language")
    assert browser.text("#send-error") == "Choose a file first."
    browser.click("input[value=recorded]")
    browser.run(DROP, body(job(Input={"BucketId": BUCKET, "Object": "own/晨曲.mp3"})))
    assert value(browser, "kind") == "own"
    assert re.fullmatch(r"callback\.xml, \d+ B", browser.text("#own-name"))
    browser.choose("select[name=via]", "apigw")
    assert is_wide_enough(browser)
    browser.click("#send-form button")
    browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('written')")
    assert "apigw" in browser.text(ROWS)
    assert "own/晨曲.mp3.SoundHound.json" in stage.cloud.listing()
    browser.run(DROP.replace("[arguments[0]]", "[new Uint8Array(6000001)]"))
    browser.click("#send-form button")
    browser.wait("document.querySelector('#send-error').innerText.includes('more than 6 MB')")


@SIZES
@pytest.mark.parametrize(
    ("command", "part"), [("replay", '"dead_letters": 0'), ("sweep", '"found": 0'), ("doctor", '"problems": 0')]
)
def test_command_opens_its_report(visit: Callable[..., Browser], command: str, part: str, size: dict[str, int]) -> None:
    """A click runs it, and its report is shown once it has ended."""
    browser = visit(**size)
    browser.click(f"[data-command={command}]")
    browser.wait(f"document.querySelector({INSPECTOR!r})?.innerText.includes({part!r})")
    assert command in browser.text(INSPECTOR)
    assert is_wide_enough(browser)


@SIZES
def test_reset_begins_anew(stage: Stage, visit: Callable[..., Browser], size: dict[str, int]) -> None:
    """The list and the bucket are empty but for the input, no faults are left, and the next event works."""
    browser = visit(**size)
    browser.click("input[value=flaky]")
    stage.cloud.cos.faults = Faults()
    browser.click("#send-form button")
    browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('written')")
    browser.click("#reset")
    browser.wait(f"document.querySelectorAll({ROWS!r}).length === 0")
    browser.wait("document.querySelectorAll('#tree [data-key]').length === 1")
    assert browser.run("return document.querySelector('#faults-form').faults.value") == "none"
    browser.click("#send-form button")
    browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('written')")


def test_hint_follows_the_chosen_faults(visit: Callable[..., Browser]) -> None:
    """Each choice has its explanation; a description of one's own shows what is in force until it is applied."""
    browser = visit()
    assert browser.text("#faults-now") == "COS carries out and answers every request."
    browser.click("input[value=flaky]")
    browser.wait("document.querySelector('#faults-now').innerText.startsWith('A third of the requests fails')")
    browser.click("input[name=faults][value=own]")
    browser.wait("document.querySelector('#faults-now').innerText.startsWith('Shares of all requests, or seconds.')")
    assert "Now in force: 500=0.05" in browser.text("#faults-now")
    browser.type("input[name=text]", "latency=0.3")
    browser.press("Enter")
    browser.wait("document.querySelector('#faults-now').innerText.includes('in force: latency=0.3')")
    browser.click("input[value=none]")
    browser.wait("document.querySelector('#faults-now').innerText === 'COS carries out and answers every request.'")
    browser.click("#language")
    assert browser.text("#faults-now") == "COS 执行并应答每个请求。"


# Each request that the page can make in vain, and a part of its message in both languages.
REFUSALS = [
    ("api/faults", {"text": "stormy"}, "unknown faults: stormy", "未知的故障：stormy（可选 none"),
    ("api/faults", {"text": "eror=0.1"}, "did you mean error", "未知的故障：eror（是否指 error"),
    ("api/faults", {"text": "error=x"}, "error wants a number", "error 需要一个数字，例如 error=0.1"),
    ("api/faults", {"text": "error=2"}, "at most 1 together", "总和不能超过 1"),
    ("api/faults", {"text": "latency=-1"}, "not less than 0", "不能小于 0"),
    ("api/send", {"generated": {"tag": "Tts", "mutate": ["trailing-comma"]}}, "leave it out", "没有影响，请去掉"),
    (
        "api/send",
        {"generated": {"tag": "Tts", "trigger": "cmq", "mutate": ["wrong-token"]}},
        "needs an HTTP request",
        "“wrong-token”需要 HTTP 请求",
    ),
    ("api/send", {"generated": {"tag": "ReviewImage"}}, "as JSON alone", "数据万象只用 JSON 发送 ReviewImage"),
    ("api/send", {"generated": {"tag": "Tts", "result": "block"}}, "is not a review", "Tts 不是审核"),
    ("api/object?key=none", None, "There is no such object", "没有这个对象"),
    ("api/deliveries/999", None, "Only the newest deliveries", "只保留最近的投递"),
]
REFUSED = """
    const [path, content] = arguments;
    const method = path.includes("faults") ? "PUT" : "POST";
    const headers = { "Content-Type": "application/json" };
    const options = content && { method, headers, body: JSON.stringify(content) };
    const message = (await (await fetch(path, options ?? {})).json()).error;
    const messages = await import("/messages.js");
    return messages.translated(new Error(message));
"""


def test_every_refusal_is_in_the_language_of_the_page(visit: Callable[..., Browser]) -> None:
    """In Chinese no English sentence is left."""
    browser = visit()
    script = f"return (async function() {{ {REFUSED} }})(...arguments)"
    for path, content, english, _ in REFUSALS:
        assert english in browser.run(script, path, content)
    browser.click("#language")
    for path, content, _, chinese in REFUSALS:
        message = browser.run(script, path, content)
        assert chinese in message
        assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", message)
    assert all("Failed to load resource" in logged for logged in browser.console())


def test_wrong_seed_is_explained_by_the_page(visit: Callable[..., Browser]) -> None:
    """In its language, which may not be the browser's."""
    browser = visit(language="zh-CN")
    browser.click("input[value=generated]")
    browser.type("input[name=seed]", "-1")
    browser.click("#send-form button")
    browser.wait("document.querySelector('#send-error').innerText.startsWith('种子：0 到')")
    browser.click("#language")
    assert browser.text("#send-error") == "Seed: a whole number from 0 to 2147483647."


def test_failed_function_is_named_in_both_languages(stage: Stage, visit: Callable[..., Browser]) -> None:
    """The word is the page's own."""
    stage.cloud.scf.handler = "index.nothing"
    browser = visit()
    browser.click("#send-form button")
    browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('failed')")
    browser.click("#language")
    assert "失败" in browser.text(ROWS)


@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_times_have_24_hours(visit: Callable[..., Browser], language: str) -> None:
    """Midnight is 00, an afternoon has no PM, in the list and in the inspector."""
    browser = visit(language=language)
    day = "new Date(2025, 2, 3, arguments[0], 5, 9)"
    code = "import('/dom.js').then((dom) => [dom.clock, dom.moment].map((show) => show({}, arguments[1])))"
    for hour in (0, 15):
        clock, moment = browser.run(f"return {code.format(day).replace('{}', day)}", hour, language)
        assert clock == f"{hour:02}:05:09"
        assert moment.endswith(f"{hour:02}:05:09")
        assert "2025" in moment
    browser.click("#send-form button")
    browser.wait(f"document.querySelector({ROWS!r})?.innerText.includes('written')")
    assert re.search(r"\b[0-2]\d:[0-5]\d:[0-5]\d\b", browser.text(ROWS))
    browser.click(ROWS)
    browser.wait(f"document.querySelector({INSPECTOR!r} + ' dd')")
    assert not re.search("AM|PM|上午|下午", json.dumps(browser.text("#inspector-body dl"), ensure_ascii=False))
