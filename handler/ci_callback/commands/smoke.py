"""Smoke: a real job whose callback must come here, on `{"smoke": {…}}`. docs/doctor.md shows how.

It is submitted in the name of the execution role, and is paid for. Its callback comes to another instance of the
function; this one waits for the object. https://cloud.tencent.com/document/product/436/54013 (POST /jobs), 436/85018.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree as ET

from ci_callback.cloud import ci as job_api
from ci_callback.cloud.cos import Request
from ci_callback.config import template
from ci_callback.config.routes import match
from ci_callback.decode.envelope import read_job_list
from ci_callback.decode.job import Job
from ci_callback.errors import BadCommand, Malformed, StoreError
from ci_callback.results import record
from ci_callback.results.record import Record
from ci_callback.shapes import NO_JOBS

from . import callback_url, finding
from . import options as command
from .finding import ok, problem, warning
from .inquiry import Inquiry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci_callback.pipeline import Pipeline

    from .callback_url import CallbackUrl
    from .finding import Finding
    from .inquiry import Answer

_TAG = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)
_ENDED = ("Success", "Failed")

_PAUSE_S = 0.5  # between two looks; a tenth of the time already waited more, up to the longest
_LONGEST_PAUSE_S = 5.0
_ENOUGH_S = 1.5  # a look is not begun with less time left


class Options(command.Options):
    """What may stand in `{"smoke": {…}}`.

    `object` is the job's input; `url` is this function's callback URL, with a token. `bucket` may be left out where
    BUCKETS has one. `tag` is the kind of job: one that needs nothing but its input.
    """

    object: str
    url: str
    bucket: str = ""
    tag: str = "MediaInfo"
    format: Literal["XML", "JSON"] = "JSON"


@dataclass
class _Course:
    """How far it has got: what there is to tell, and what became known of job and result."""

    began: float
    told: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)

    def note(self, name: str) -> None:
        """Write down how many milliseconds after the beginning something was seen first."""
        self.told.setdefault(name, round((time.monotonic() - self.began) * 1000))


@dataclass(frozen=True)
class Smoke:
    """One run."""

    pipeline: Pipeline
    options: Options
    url: CallbackUrl
    bucket: str

    def run(self) -> dict[str, Any]:
        """Return the report; nothing is submitted whose callback could not be seen."""
        course = _Course(time.monotonic(), {"tag": self.options.tag, "bucket": self.bucket})
        try:
            course.findings += self._obstacles()
            if not course.findings and (job := self._submit(course)) is not None:
                self._wait(job, course)
        except StoreError as error:
            fix = "Ask `doctor` whether the function reaches COS and CI. A job may have been submitted all the same."
            course.findings.append(problem("cloud", f"COS or CI did not answer: {error}", fix))
        return {**finding.report(course.findings), **course.told}

    # --- before ----------------------------------------------------------------------------------------------------

    def _obstacles(self) -> Iterator[Finding]:
        """Yield why the callback could not lead to an object, as far as that can be known before."""
        settings = self.pipeline.settings
        # what a secret holds is not known here; a callback will tell
        if not settings.CALLBACK_SECRET and not self.url.has_one_of(settings.CALLBACK_TOKENS):
            message = f"{self.url.shown} has none of the function's tokens: the callback would get 401."
            yield problem("url", message, "Give the function's URL with one of CALLBACK_TOKENS behind it.")
        route = match(settings.ROUTES, Job({"Tag": self.options.tag, "State": "Success"}))
        if not route.write:
            message = f"Route {route.row} ignores {self.options.tag} jobs: there would be no object to wait for."
            yield problem("route", message, "Choose a tag whose results are written, or change ROUTES.")
        if self.pipeline.store.head(self.bucket, self.options.object) is None:
            message = f"There is no object {self.options.object[:200]!r} in {self.bucket}."
            yield problem("object", message, "Name one that is there, and that such a job takes.")

    # --- the job ---------------------------------------------------------------------------------------------------

    def _submit(self, course: _Course) -> Job | None:
        """Return the job that CI has taken; None where it has not, which the course tells."""
        path = job_api.path_of(self.options.tag)
        headers = {"Content-Type": "application/xml"}
        request = Request(self.bucket, "POST", path, headers=headers, body=self._request(), service="ci")
        answer = Inquiry(self.pipeline.store).ask(request)
        course.note("submitted_ms")
        try:
            jobs, _ = read_job_list(answer.body) if answer.is_success else ((), "")
        except Malformed:
            jobs = ()
        if not jobs or not jobs[0].job_id:
            course.findings.append(self._not_taken(answer))
            return None
        course.told["job_id"] = jobs[0].job_id
        course.findings.append(ok("job", f"CI has taken the {self.options.tag} job."))
        return jobs[0]

    def _request(self) -> bytes:
        root = ET.Element("Request")
        ET.SubElement(root, "Tag").text = self.options.tag
        ET.SubElement(ET.SubElement(root, "Input"), "Object").text = self.options.object
        ET.SubElement(ET.SubElement(root, "Operation"), "UserData").text = "ci-callback smoke"
        ET.SubElement(root, "CallBack").text = self.options.url
        ET.SubElement(root, "CallBackFormat").text = self.options.format
        return ET.tostring(root)

    def _not_taken(self, answer: Answer) -> Finding:
        region, appid = self.pipeline.settings.BUCKETS[self.bucket], self.bucket.rpartition("-")[2]
        fix = f"A {self.options.tag} job may need more than its input, or another kind of object: take another tag."
        if answer.status == HTTPStatus.FORBIDDEN:
            resource = f"qcs::ci:{region}:uid/{appid}:bucket/{self.bucket}/*"
            fix = f"For the time of the test allow the role ci:CreateMediaJobs for {resource}, and cam:PassRole."
        elif answer.code.endswith("UnBinded"):
            fix = "Bind the bucket in the console (Cloud Infinite), and enable the service."
        return problem("job", f"CI answers {answer.said} to the job.", fix)

    # --- its result ------------------------------------------------------------------------------------------------

    def _wait(self, submitted: Job, course: _Course) -> None:
        """Look for the object until it is there or the time is over."""
        job, key = submitted, ""
        while self.pipeline.store.deadline.left() > _ENOUGH_S:
            job = self._look_up(job)
            if job.state in _ENDED:
                course.note("ended_ms")
            expected = job if job.state in _ENDED else Job({**job.fields, "State": "Success"})
            key = self._key_of(expected)
            if not key:
                break
            course.told["key"] = key
            if self._is_there(key, expected):
                course.note("stored_ms")
                break
            self._pause(course)
        course.findings += self._verdict(job, key, course)

    def _pause(self, course: _Course) -> None:
        waited = time.monotonic() - course.began
        left = self.pipeline.store.deadline.left() - _ENOUGH_S
        time.sleep(max(min(_PAUSE_S + waited / 10, _LONGEST_PAUSE_S, left), 0))

    def _look_up(self, job: Job) -> Job:
        """Return the job as CI knows it by now; as it was, where CI does not say."""
        if job.state in _ENDED:
            return job
        try:
            return job_api.find_job(self.pipeline.store, self.bucket, self.options.tag, job.job_id) or job
        except StoreError:
            return job

    def _key_of(self, job: Job) -> str:
        route = match(self.pipeline.settings.ROUTES, job)
        if not route.write:
            return ""
        return route.write[0].render(template.Fields(job, self.bucket, self.options.object))

    def _is_there(self, key: str, job: Job) -> bool:
        stored = record.read(self.pipeline.store.head(self.bucket, key) or {})
        return stored is not None and stored.is_same(Record.of(job))

    def _verdict(self, job: Job, key: str, course: _Course) -> Iterator[Finding]:
        if job.state == "Failed":
            message = (
                f"CI ended the job as Failed ({str(job.fields.get('Code', ''))[:64]}); it calls back all the same."
            )
            yield warning("job", message, f"Take an object that a {job.tag} job can work on.")
        if "stored_ms" in course.told:
            yield ok("result", f"The callback came, and {key} is there.")
        elif not key:
            yield warning("result", "No route writes such a job: there is no object to wait for.", "Change ROUTES.")
        elif "ended_ms" not in course.told:
            message = f"The time was over before CI said that the job had ended; {key} is not there yet."
            yield warning(
                "job", message, "Look for it later; raise timeout in serverless.yml, or take a smaller object."
            )
        else:
            yield problem("result", f"The job has ended, but {key} is not there.", self._where_to_look(job))

    def _where_to_look(self, job: Job) -> str:
        prefix = self.pipeline.settings.DEAD_LETTER
        return (
            f"Look for {job.job_id}, in this order. 1: in the function's log. Status 401 there means that its URL "
            "has no valid token. No line means that CI does not reach the URL: it is another function's, or closed to "
            "the internet (enableExtranet), or there is no second instance to run on (concurrency quota). 2: among the "
            f"dead letters below {prefix} in {self.bucket}. 3: with a sweep, which writes what never came."
        )


def read(pipeline: Pipeline, options: Any) -> Smoke:
    """Return the run that the options ask for; raise BadCommand where they ask for nothing we know."""
    parsed = command.read(Options, "smoke", options)
    buckets = pipeline.settings.BUCKETS
    bucket = parsed.bucket or (next(iter(buckets)) if len(buckets) == 1 else "")
    if bucket not in buckets:
        raise BadCommand("smoke.bucket is not in BUCKETS.")
    url = callback_url.parse(parsed.url)
    if url is None:
        raise BadCommand("smoke.url is no URL such as https://<host>/<token>.")
    if not _TAG.fullmatch(parsed.tag):
        raise BadCommand("smoke.tag is no name of a kind of job.")
    if parsed.tag in NO_JOBS:
        raise BadCommand(f"smoke.tag: {parsed.tag} is no job that can be submitted with its input alone.")
    key = parsed.object.lstrip("/")
    if what := template.key_problem(key):
        raise BadCommand(f"smoke.object {what}.")
    return Smoke(pipeline, parsed.model_copy(update={"object": key}), url, bucket)
