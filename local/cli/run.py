"""The command `run`: the main job on your machine, from the upload to the result object, and all that comes between."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from qcloud_cos import CosServiceError

from local import sdk
from local.cli.output import bucket_of, output_of
from local.cli.run_report import (
    Addresses,
    Circle,
    Delivery,
    Recorded,
    Report,
    Result,
)
from local.cloud import BUCKET, INPUT_AUDIO, INPUT_KEY, PROJECT, TOKEN, LocalCloud
from local.events.recorded import post, read_request

if TYPE_CHECKING:
    from pathlib import Path

    from qcloud_cos import CosS3Client

    from local.cli.output import Found, Output
    from local.scf.server import Invocation
    from local.scf.trigger import Kind

RESULT_KEY = f"{INPUT_KEY}.SoundHound.json"
_TAG = "SoundHound"

_CIRCLES: tuple[tuple[str, Kind, str], ...] = (
    ("1. A job, its callback to the function URL, in XML", "function-url", "XML"),
    ("2. Another, its callback through an API Gateway, in JSON", "apigw", "JSON"),
)
_EVENTS: tuple[tuple[Kind, str], ...] = (
    ("apigw", "apigw-xml-success.json"),
    ("apigw", "apigw-json-success.json"),
    ("function-url", "function-url-xml-success.json"),
    ("function-url", "function-url-json-success.json"),
)

_Step = TypeVar("_Step", bound="Found")


def run(*, events: Path = PROJECT / "events", code_root: Path, handler: str, as_json: bool = False) -> int:
    """Submit two jobs and deliver four recorded callbacks; return 0 when each got 200 and the results are there."""
    # What goes wrong is told below; the SDK's logger would tell it again, in its own words.
    logging.getLogger("qcloud_cos").setLevel(logging.CRITICAL)
    recorded = [(kind, name, read_request(events / name)) for kind, name in _EVENTS]
    invocations: list[Invocation] = []
    cloud = LocalCloud(
        triggers={"function-url": 0, "apigw": 0},
        code_root=code_root,
        handler=handler,
        on_invocation=invocations.append,
    )
    output = output_of(as_json=as_json)
    with cloud, sdk.session_to(cloud.cos.address) as session:
        report = _Walk(cloud, sdk.client(session), invocations, output).whole(recorded)
    output.whole(report)
    return 1 if report.failures else 0


@dataclass
class _Walk:
    """Does one thing after the other, and tells what comes of each as soon as it is known."""

    cloud: LocalCloud
    client: CosS3Client
    invocations: list[Invocation]
    output: Output

    def whole(self, events: list[tuple[Kind, str, Any]]) -> Report:
        """Go all the way."""
        triggers = {kind: trigger.address for kind, trigger in self.cloud.triggers.items()}
        addresses = self._told(Addresses(self.cloud.cos.address, BUCKET, triggers))
        circles = tuple(self._told(self._circle(*circle)) for circle in _CIRCLES)
        result = self._told(self._result(circles[-1].job_id))
        recorded = self._told(self._recorded(events))
        return Report(addresses, circles, result, recorded, self._told(bucket_of(self.cloud.cos, BUCKET)))

    def _told(self, found: _Step) -> _Step:
        self.output.part(found)
        return found

    def _circle(self, title: str, kind: Kind, form: str) -> Circle:
        """Upload the input and submit a job with the SDK, and see its callback come to the function."""
        self.client.put_object(Bucket=BUCKET, Key=INPUT_KEY, Body=INPUT_AUDIO, ContentType="audio/mpeg")
        worker = self.cloud.cos.ci.worker
        url = f"{self.cloud.triggers[kind].address}/{TOKEN}"
        job_id = self._submit({"CallBack": url, "CallBackFormat": form})
        worker.wait()
        return Circle(title, _TAG, job_id, INPUT_KEY, kind, worker.callbacks[-1], self._said())

    def _submit(self, options: dict[str, str]) -> str:
        """Submit a job that finds out which song the input is; return its id."""
        job = {"Tag": _TAG, "Input": {"Object": INPUT_KEY}, "Operation": {"UserData": "order 4711"}, **options}
        answer = self.client.ci_create_media_jobs(Bucket=BUCKET, Jobs=job, ContentType="application/xml")
        return str(answer["JobsDetail"][0]["JobId"])

    def _said(self) -> tuple[Invocation, ...]:
        """Return what came of the events since it was last asked."""
        said = tuple(self.invocations)
        self.invocations.clear()
        return said

    def _result(self, job_id: str) -> Result:
        """Read the result object back with the SDK."""
        text, wrong = "", ""
        try:
            answer = self.client.get_object(Bucket=BUCKET, Key=RESULT_KEY)
            text = answer["Body"].get_raw_stream().read().decode("utf-8", "replace")
        except CosServiceError as error:
            wrong = f"{error.get_status_code()} {error.get_error_code()}"
        return Result(f"3. {RESULT_KEY}, read with the SDK", RESULT_KEY, job_id, text, wrong)

    def _recorded(self, events: list[tuple[Kind, str, Any]]) -> Recorded:
        """Deliver the published callback as it was recorded, four ways."""
        # It is of 2022: a newer result would stay.
        self.client.delete_object(Bucket=BUCKET, Key=RESULT_KEY)
        deliveries = tuple(self._delivery(*event) for event in events)
        return Recorded("4. The callback that CI's documents publish, recorded four ways", RESULT_KEY, deliveries)

    def _delivery(self, kind: Kind, name: str, event: Any) -> Delivery:
        reply = post(event, self.cloud.triggers[kind].address)
        return Delivery(name, kind, reply, self._said())
