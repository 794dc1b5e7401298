"""The smaller commands: `serve` keeps the cloud up, `invoke` delivers an event, `event` makes one."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Any

from local import made_event
from local.cloud import BUCKET, INPUT_KEY, REGION, TOKEN, LocalCloud
from local.page import Page
from local.page_feed import Feed
from local.recorded_event import read_event
from local.run_command import RESULT_KEY
from local.screen import Screen
from models.body import Order

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from local.front_door import Kind
    from local.receivers import Arrival
    from local.scf import Invocation
    from local.weather import Weather
    from models.body import Format

_EXAMPLE_BODY = (
    '{"EventName":"TaskFinish","JobsDetail":{"Code":"Success","State":"Success","Tag":"SoundHound",'
    '"JobId":"s0123456789abcdef","CreationTime":"2025-04-05T06:07:08+0800",'
    f'"Input":{{"BucketId":"{BUCKET}","Region":"ap-chongqing","Object":"{INPUT_KEY}"}},'
    '"Operation":{"SoundHoundResult":{"SongList":[{"Inlier":"98","SongName":"Example song"}]}}}}'
)


def serve(  # noqa: PLR0913  # the options of the command line
    *,
    front: Kind,
    port: int,
    cos_port: int,
    page_port: int,
    weather: Weather | None = None,
    code_root: Path,
    handler: str,
) -> int:
    """Keep the cloud up until Ctrl-C or SIGTERM; print what the function says as events come."""
    screen = Screen()

    def show(invocation: Invocation) -> None:
        screen.line()
        screen.invocation(invocation)

    def show_arrival(arrival: Arrival) -> None:
        screen.line()
        screen.field(arrival.kind, f"{arrival.target}  {arrival.id}")
        screen.body(arrival.content)

    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    feed = Feed()
    cloud = LocalCloud(
        doors={front: port},
        cos_port=cos_port,
        code_root=code_root,
        handler=handler,
        on_invocation=show,
        watch=feed.watch,
        weather=weather,
    )
    cloud.cos.receivers.on_arrival = show_arrival
    with cloud, Page(cloud, feed, port=page_port) as page:
        url = f"{cloud.doors[front].address}/{TOKEN}"
        screen.line("The local cloud is up. Ctrl-C ends it.", "bold")
        screen.title("Send events, see what becomes of them and open the results in a browser")
        screen.line(f"{page.address}/", indent=2)
        screen.title(f"POST callbacks to ({front} events; the last part of the path is the token)")
        screen.line(url, indent=2)
        if weather is not None:
            screen.title("The weather between the function and COS")
            screen.line(weather.summary, indent=2)
        screen.title("For example")
        screen.line(f"curl -i -H 'Content-Type: application/json' -d '{_EXAMPLE_BODY}' {url}", indent=2)
        screen.title("Or submit jobs with the COS SDK, this address as their CallBack: local/sdk.py shows how")
        screen.line(f"session_to({cloud.cos.address!r})", indent=2)
        screen.title("Look at results")
        screen.line(f"curl {cloud.cos.address}/", indent=2)
        screen.line(f"curl {cloud.cos.address}/{BUCKET}/{RESULT_KEY}", indent=2)
        screen.title("Log")
        done.wait()
    screen.line("The local cloud has ended.")
    return 0


def invoke(event_file: Path, *, code_root: Path, handler: str) -> int:
    """Deliver one recorded event straight to the function; return 1 when the function failed."""
    screen = Screen()
    event = read_event(event_file)
    with LocalCloud(doors={}, code_root=code_root, handler=handler) as cloud:
        invocation = cloud.scf.invoke(event)
        screen.line(f"Event {event_file}", "bold")
        _show_result(screen, invocation.result)
        screen.invocation(invocation)
        screen.bucket(cloud.cos, BUCKET)
    return 0 if invocation.error is None else 1


def event(  # noqa: PLR0913  # the options of the command line
    *,
    tag: str,
    state: str,
    format: Format,  # noqa: A002  # as the option is called
    front: made_event.Front,
    mutate: Sequence[str],
    array: bool,
    wrapped: bool,
    **more: Any,
) -> int:
    """Print the event with the callback that was ordered."""
    order = Order(made_event.entry_of(tag), state, bucket=BUCKET, region=REGION, **more)
    made = made_event.make(order, format, front, mutate=mutate, array=array, wrapped=wrapped)
    print(json.dumps(made, indent=2, ensure_ascii=False))
    return 0


def _show_result(screen: Screen, result: Any) -> None:
    if isinstance(result, dict) and isinstance(result.get("statusCode"), int):
        screen.status(result["statusCode"])
        body = result.get("body", "")
        screen.body(body if isinstance(body, str) else json.dumps(body))
    elif result is not None:
        screen.field("reply", "")
        screen.json(result)
