"""The command `run`: the main job on your machine, from the upload to the result object, and all that comes between."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qcloud_cos import CosServiceError

from local import sdk
from local.cloud import BUCKET, INPUT_AUDIO, INPUT_KEY, PROJECT, TOKEN, LocalCloud
from local.recorded_event import post, read_event
from local.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from qcloud_cos import CosS3Client

    from local.ci_callbacks import Callback
    from local.front_door import Kind
    from local.scf import Invocation

RESULT_KEY = f"{INPUT_KEY}.SoundHound.json"
_TAG = "SoundHound"
_OK = 200

_CIRCLES: tuple[tuple[str, Kind, str], ...] = (
    ("A job, its callback to the function URL, in XML", "function-url", "XML"),
    ("Another, its callback through an API Gateway, in JSON", "apigw", "JSON"),
)
_EVENTS: tuple[tuple[Kind, str], ...] = (
    ("apigw", "apigw-xml-success.json"),
    ("apigw", "apigw-json-success.json"),
    ("function-url", "function-url-xml-success.json"),
    ("function-url", "function-url-json-success.json"),
)


def run(*, events: Path = PROJECT / "events", code_root: Path, handler: str) -> int:
    """Submit two jobs and deliver four recorded callbacks; return 0 when each got 200 and the results are there."""
    # What goes wrong is told below; the SDK's logger would tell it again, in its own words.
    logging.getLogger("qcloud_cos").setLevel(logging.CRITICAL)
    recorded = [(kind, name, read_event(events / name)) for kind, name in _EVENTS]
    invocations: list[Invocation] = []
    cloud = LocalCloud(
        doors={"function-url": 0, "apigw": 0},
        code_root=code_root,
        handler=handler,
        on_invocation=invocations.append,
    )
    with cloud, sdk.session_to(cloud.cos.address) as session:
        show = _Show(Screen(), cloud, sdk.client(session), invocations)
        show.addresses()
        failures = [show.circle(*circle) for circle in _CIRCLES]
        failures += [show.result(), show.recorded(recorded)]
        show.screen.bucket(cloud.cos, BUCKET)
    return _verdict(show.screen, [failure for failure in failures if failure])


@dataclass
class _Show:
    """Does one thing after the other and prints what comes of it; each returns what failed, or ""."""

    screen: Screen
    cloud: LocalCloud
    client: CosS3Client
    invocations: list[Invocation]
    titles: int = 0
    job_id: str = ""  # of the latest job

    def title(self, text: str) -> None:
        """Print a numbered heading."""
        self.titles += 1
        self.screen.title(f"{self.titles}. {text}")

    def addresses(self) -> None:
        """Say where everything is."""
        self.screen.line("The local cloud is up", "bold")
        self.screen.field("COS and CI", f"{self.cloud.cos.address}  bucket {BUCKET}")
        for kind, door in self.cloud.doors.items():
            self.screen.field(kind, door.address)

    def circle(self, title: str, kind: Kind, form: str) -> str:
        """Upload the input and submit a job with the SDK, and see its callback come to the function."""
        self.title(title)
        self.client.put_object(Bucket=BUCKET, Key=INPUT_KEY, Body=INPUT_AUDIO, ContentType="audio/mpeg")
        self.screen.field("uploaded", INPUT_KEY)
        worker = self.cloud.cos.ci.worker
        url = f"{self.cloud.doors[kind].address}/{TOKEN}"
        self.submit({"CallBack": url, "CallBackFormat": form})
        worker.wait()
        return self.called_back(worker.callbacks[-1])

    def submit(self, wish: dict[str, str]) -> None:
        """Submit a job that finds out which song the input is."""
        job = {"Tag": _TAG, "Input": {"Object": INPUT_KEY}, "Operation": {"UserData": "order 4711"}, **wish}
        answer = self.client.ci_create_media_jobs(Bucket=BUCKET, Jobs=job, ContentType="application/xml")
        self.job_id = answer["JobsDetail"][0]["JobId"]
        self.screen.field("submitted", f"{_TAG}, job {self.job_id}")

    def called_back(self, callback: Callback) -> str:
        """Print a callback and what the function made of it."""
        self.screen.field("callback", f"POST {callback.url}  {len(callback.body)} bytes of {callback.form.upper()}")
        reply = callback.reply
        self.screen.status(reply.status, reply.body.decode("utf-8", "replace"))
        self.logs()
        return "" if reply.status == _OK else f"the callback to {callback.url} was not answered 200"

    def logs(self) -> None:
        """Print what the function said since it was last asked."""
        for invocation in self.invocations:
            self.screen.invocation(invocation)
        self.invocations.clear()

    def result(self) -> str:
        """Read the result object back with the SDK and print it."""
        self.title(f"{RESULT_KEY}, read with the SDK")
        try:
            answer = self.client.get_object(Bucket=BUCKET, Key=RESULT_KEY)
        except CosServiceError as error:
            self.screen.field("error", f"{error.get_status_code()} {error.get_error_code()}", "red")
            return f"there is no {RESULT_KEY}"
        text = answer["Body"].get_raw_stream().read().decode("utf-8", "replace")
        self.screen.body(text)
        return "" if self.job_id in text else f"{RESULT_KEY} is not of the latest job"

    def recorded(self, events: list[tuple[Kind, str, Any]]) -> str:
        """Deliver the published callback as it was recorded, four ways."""
        self.title("The callback that CI's documents publish, recorded four ways")
        # It is of 2022: a newer result would stay.
        self.client.delete_object(Bucket=BUCKET, Key=RESULT_KEY)
        self.screen.field("deleted", RESULT_KEY)
        refused = 0
        for kind, name, event in events:
            reply = post(event, self.cloud.doors[kind].address)
            self.screen.field(str(reply.status), f"events/{name:<33}{_outcome(reply.body)}")
            if reply.status == _OK:
                self.invocations.clear()
            else:
                refused += 1
                self.logs()
        return f"{refused} of {len(events)} recorded callbacks were not answered 200" if refused else ""


def _outcome(body: bytes) -> str:
    """Return what the function says became of the job; what it says at all where that is something else."""
    text = body.decode("utf-8", "replace")
    try:
        answer = json.loads(text)
        return ", ".join(job["outcome"] for job in answer.get("jobs", [answer]))
    except (ValueError, AttributeError, KeyError, TypeError):
        return text


def _verdict(screen: Screen, failures: list[str]) -> int:
    screen.line()
    for failure in failures:
        screen.line(f"FAILED: {failure}", "bold red")
    if failures:
        return 1
    done = f"{len(_CIRCLES)} jobs submitted, called back and stored; {len(_EVENTS)} recorded callbacks answered 200"
    screen.line(f"OK: {done}", "bold green")
    return 0
