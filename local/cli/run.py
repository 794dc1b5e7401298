"""The command `run`: the main job, from the upload to the result object, with every step between."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from qcloud_cos import CosServiceError

from local import sdk
from local.cli.output import Output, bucket_of
from local.cli.run_report import RESULT_KEY, Addresses, Delivery, Recorded, Report, Result, SubmittedJob
from local.cloud import LocalCloud
from local.defaults import BUCKET, INPUT_AUDIO, INPUT_KEY, TOKEN
from local.events.recorded import post, read_request

if TYPE_CHECKING:
    from pathlib import Path

    from qcloud_cos import CosS3Client

    from local.cli.output import Found
    from local.http.post import Reply
    from local.scf.server import Invocation
    from local.scf.trigger import Kind

_TAG = "SoundHound"

_JOBS: tuple[tuple[str, Kind, str], ...] = (
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


def run(*, events: Path, code_root: Path, handler: str, as_json: bool = False) -> int:
    """Submit two jobs and deliver four recorded callbacks; return 0 if each got 200 and the results are stored."""
    # The report has the errors; the SDK's logger would repeat them.
    logging.getLogger("qcloud_cos").setLevel(logging.CRITICAL)
    recorded = [(kind, name, read_request(events / name)) for kind, name in _EVENTS]
    invocations: list[Invocation] = []
    cloud = LocalCloud(
        triggers={"function-url": 0, "apigw": 0},
        code_root=code_root,
        handler=handler,
        on_invocation=invocations.append,
    )
    output = Output(as_json=as_json)
    with cloud, sdk.session_to(cloud.cos.address) as session:
        report = _Steps(cloud, sdk.client(session), invocations, output).report(recorded)
    output.report(report)
    return 1 if report.failures else 0


@dataclass
class _Steps:
    """The steps, one after the other; each is printed as soon as it is done."""

    cloud: LocalCloud
    client: CosS3Client
    invocations: list[Invocation]
    output: Output

    def report(self, events: list[tuple[Kind, str, Any]]) -> Report:
        """Do all steps."""
        triggers = {kind: trigger.address for kind, trigger in self.cloud.triggers.items()}
        addresses = self._printed(Addresses(self.cloud.cos.address, BUCKET, triggers, str(self.cloud.deployment)))
        jobs = tuple(self._printed(self._job(*job)) for job in _JOBS)
        result = self._printed(self._result(jobs[-1].job_id))
        recorded = self._printed(self._recorded(events))
        return Report(addresses, jobs, result, recorded, self._printed(bucket_of(self.cloud.cos, BUCKET)))

    def _printed(self, found: _Step) -> _Step:
        self.output.part(found)
        return found

    def _job(self, title: str, kind: Kind, form: str) -> SubmittedJob:
        """Upload the input, submit a job with the SDK, and wait for its callback."""
        self.client.put_object(Bucket=BUCKET, Key=INPUT_KEY, Body=INPUT_AUDIO, ContentType="audio/mpeg")
        worker = self.cloud.cos.ci.worker
        url = f"{self.cloud.triggers[kind].address}/{TOKEN}"
        job_id = self._submit({"CallBack": url, "CallBackFormat": form})
        worker.wait()
        callback = worker.callbacks[-1]
        return SubmittedJob(title, _TAG, job_id, INPUT_KEY, callback, self._delivery(kind, callback.reply))

    def _submit(self, options: dict[str, str]) -> str:
        """Submit a job that recognizes the song in the input; return its id."""
        job = {"Tag": _TAG, "Input": {"Object": INPUT_KEY}, "Operation": {"UserData": "order 4711"}, **options}
        answer = self.client.ci_create_media_jobs(Bucket=BUCKET, Jobs=job, ContentType="application/xml")
        return str(answer["JobsDetail"][0]["JobId"])

    def _delivery(self, kind: Kind, reply: Reply) -> Delivery:
        """Return the delivery, with the invocations since the last one."""
        invocations = tuple(self.invocations)
        self.invocations.clear()
        return Delivery(kind, reply, invocations)

    def _result(self, job_id: str) -> Result:
        """Read the result object with the SDK."""
        text, error = "", ""
        try:
            answer = self.client.get_object(Bucket=BUCKET, Key=RESULT_KEY)
            text = answer["Body"].get_raw_stream().read().decode("utf-8", "replace")
        except CosServiceError as refused:
            error = f"{refused.get_status_code()} {refused.get_error_code()}"
        return Result(f"3. {RESULT_KEY}, read with the SDK", RESULT_KEY, job_id, text, error)

    def _recorded(self, events: list[tuple[Kind, str, Any]]) -> Recorded:
        """Deliver the published callback, recorded four ways."""
        # It is of 2022: a newer result would not be replaced.
        self.client.delete_object(Bucket=BUCKET, Key=RESULT_KEY)
        deliveries = {
            name: self._delivery(kind, post(event, self.cloud.triggers[kind].address)) for kind, name, event in events
        }
        return Recorded("4. The callback that CI's documents publish, recorded four ways", RESULT_KEY, deliveries)
