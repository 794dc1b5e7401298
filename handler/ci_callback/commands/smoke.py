"""Smoke: submit a real job and wait for its result, on `{"smoke": {…}}`. docs/doctor.md shows how.

The job is submitted as the execution role, and is charged. Its callback arrives at another instance of the function;
this one waits for the object. https://cloud.tencent.com/document/product/436/54013 (POST /jobs), 436/85018.
"""

from __future__ import annotations

import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree as ET

from ci_callback.cloud import ci
from ci_callback.cloud.cos import Request
from ci_callback.config import template
from ci_callback.config.routes import match
from ci_callback.decode.answers import read_job_list
from ci_callback.decode.job import ENDED, Job
from ci_callback.errors import BadCommand, Malformed, StoreError
from ci_callback.results import record
from ci_callback.results.location import Location
from ci_callback.settle import result_keys
from ci_callback.shapes import NO_JOBS

from . import callback_url, finding, resource
from .finding import ok, problem, warning
from .inquiry import Inquiry
from .limits import LIMITS
from .options import CommandOptions, parse_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci_callback.config.settings import Settings
    from ci_callback.pipeline import Pipeline

    from .callback_url import CallbackUrl
    from .finding import Finding
    from .inquiry import Answer

_TAG = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)

# Seconds between two looks at the object: the first, and a tenth of the time waited more, up to the longest.
_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0


class Options(CommandOptions):
    """Options of `{"smoke": {…}}`.

    `object` is the job's input; `url` this function's callback URL, with a token. `bucket` is optional where BUCKETS
    has one. `tag` is the kind of job: one that needs nothing but its input.
    """

    object: str
    url: str
    bucket: str = ""
    tag: str = "MediaInfo"
    format: Literal["XML", "JSON"] = "JSON"


def run(pipeline: Pipeline, options: object) -> dict[str, Any]:
    """Submit a job, wait for its result, and return the report. Raises BadCommand."""
    parsed = _parse(options, pipeline.settings)
    url = callback_url.parse(parsed.url)
    if url is None:
        raise BadCommand("smoke.url is no URL such as https://<host>/<token>.")
    return Smoke(pipeline, parsed, url).run()


class Smoke:
    """One run: its findings, and the facts of job and result as they become known."""

    def __init__(self, pipeline: Pipeline, options: Options, url: CallbackUrl) -> None:
        self._settings = pipeline.settings
        self._store = pipeline.store
        self._options = options
        self._url = url
        self._bucket = options.bucket
        self._started = time.monotonic()
        self._facts: dict[str, Any] = {"tag": options.tag, "bucket": options.bucket}
        self._findings: list[Finding] = []

    def run(self) -> dict[str, Any]:
        """Return the report. A job whose result could not be observed is not submitted."""
        try:
            self._findings += self._obstacles()
            if not self._findings and (job := self._submit()) is not None:
                self._wait(job)
        except StoreError as error:
            fix = "Run `doctor` to see whether the function reaches COS and CI. The job may have been submitted."
            self._findings.append(problem("cloud", f"COS or CI did not answer: {error}", fix))
        return {**finding.report(self._findings), **self._facts}

    def _note_time(self, name: str) -> None:
        """Note the milliseconds from the start to the first time of an event."""
        self._facts.setdefault(name, round((time.monotonic() - self._started) * 1000))

    def _obstacles(self) -> Iterator[Finding]:
        """Yield the known reasons why no object can result."""
        # the tokens of a secret are not known here
        if not self._settings.CALLBACK_SECRET and not self._url.has_one_of(self._settings.CALLBACK_TOKENS):
            message = f"{self._url.shown} has none of the function's tokens: the callback would get 401."
            yield problem("url", message, "Give the function's URL with one of CALLBACK_TOKENS behind it.")
        route = match(self._settings.ROUTES, Job({"Tag": self._options.tag, "State": "Success"}))
        if not route.write:
            message = f"Route {route.row} ignores {self._options.tag} jobs: there would be no object to wait for."
            yield problem("route", message, "Choose a tag whose results are written, or change ROUTES.")
        if self._store.head(self._bucket, self._options.object) is None:
            message = f"There is no object {self._options.object[:200]!r} in {self._bucket}."
            yield problem("object", message, "Name one that exists, and that such a job accepts.")

    def _submit(self) -> Job | None:
        """Submit the job; return None, with a finding, where CI does not accept it."""
        path, headers = ci.path_of(self._options.tag), {"Content-Type": "application/xml"}
        body = _request(self._options)
        request = Request(self._bucket, "POST", path, headers=headers, body=body, service="ci")
        answer = Inquiry(self._store).ask(request)
        self._note_time("submitted_ms")
        try:
            jobs = read_job_list(answer.body).jobs if answer.is_success else ()
        except Malformed:
            jobs = ()
        if not jobs or not jobs[0].job_id:
            self._findings.append(self._not_accepted(answer))
            return None
        self._facts["job_id"] = jobs[0].job_id
        self._findings.append(ok("job", f"CI has accepted the {self._options.tag} job."))
        return jobs[0]

    def _not_accepted(self, answer: Answer) -> Finding:
        fix = f"A {self._options.tag} job may need more than its input, or another kind of object: try another tag."
        if answer.status == HTTPStatus.FORBIDDEN:
            jobs = resource.jobs(self._settings.BUCKETS[self._bucket], self._bucket)
            fix = f"For the time of the test allow the role ci:CreateMediaJobs for {jobs}, and cam:PassRole."
        elif answer.code.endswith("UnBinded"):
            fix = "Bind the bucket in the console (Cloud Infinite), and enable the service."
        return problem("job", f"CI answers {answer.summary} to the job.", fix)

    def _wait(self, job: Job) -> None:
        """Wait for the object until it exists or the time is over."""
        keys: list[str] = []
        while LIMITS.leave_time(self._store.deadline):
            job = self._look_up(job)
            has_ended = job.state in ENDED
            if has_ended:
                self._note_time("ended_ms")
            expected = job if has_ended else Job({**job.fields, "State": "Success"})
            keys = self._keys_of(expected)
            if not keys:
                break
            self._facts["key"] = keys[0]
            if stored := next((key for key in keys if self._is_stored(key, expected)), ""):
                self._note_time("stored_ms")
                self._facts["key"] = stored
                break
            self._pause()
        self._findings += self._verdict(job, self._facts["key"] if keys else "")

    def _pause(self) -> None:
        waited = time.monotonic() - self._started
        left = self._store.deadline.left() - LIMITS.time_s
        time.sleep(max(min(_PAUSE_S + waited / 10, _LONGEST_PAUSE_S, left), 0))

    def _look_up(self, job: Job) -> Job:
        """Return the job's present state, the known one where CI does not answer."""
        if job.state in ENDED:
            return job
        try:
            return ci.find_job(self._store, self._bucket, ci.paths_of(self._options.tag), job.job_id) or job
        except StoreError:
            return job

    def _keys_of(self, job: Job) -> list[str]:
        """Return the keys that the job's result may have."""
        location = Location(self._bucket, self._options.object)
        templates = match(self._settings.ROUTES, job).write
        keys = result_keys(job, location, templates, self._settings.DEAD_LETTER)
        return [key for key, problem in keys if problem is None]

    def _is_stored(self, key: str, job: Job) -> bool:
        stored = record.read(self._store.head(self._bucket, key) or {})
        return stored is not None and stored.is_of(job)

    def _verdict(self, job: Job, key: str) -> Iterator[Finding]:
        if job.state == "Failed":
            code = str(job.fields.get("Code", ""))[:64]
            message = f"CI ended the job as Failed ({code}); it calls back all the same."
            yield warning("job", message, f"Choose an object that a {job.tag} job can process.")
        if "stored_ms" in self._facts:
            yield ok("result", f"The callback arrived, and {key} exists.")
        elif not key:
            yield warning("result", "No route writes such a job: there is no object to wait for.", "Change ROUTES.")
        elif "ended_ms" not in self._facts:
            message = f"The time was over before CI ended the job; {key} does not exist yet."
            fix = "Look for it later; raise timeout in serverless.yml, or choose a smaller object."
            yield warning("job", message, fix)
        else:
            message = f"The job has ended, but {key} does not exist."
            yield problem("result", message, self._where_to_look(job))

    def _where_to_look(self, job: Job) -> str:
        prefix = self._settings.DEAD_LETTER
        return (
            f"Look for {job.job_id}, in this order. 1: in the function's log. Status 401 there means that its URL "
            "has no valid token. No line means that CI does not reach the URL: it is another function's, or closed to "
            "the internet (enableExtranet), or there is no second instance to run on (concurrency quota). 2: among the "
            f"dead letters below {prefix} in {self._bucket}. 3: with a sweep, which writes what was lost."
        )


def _parse(options: object, settings: Settings) -> Options:
    parsed = parse_options(Options, "smoke", options)
    buckets = settings.BUCKETS
    bucket = parsed.bucket or (next(iter(buckets)) if len(buckets) == 1 else "")
    if bucket not in buckets:
        raise BadCommand("smoke.bucket is not in BUCKETS.")
    if not _TAG.fullmatch(parsed.tag):
        raise BadCommand("smoke.tag is no name of a kind of job.")
    if parsed.tag in NO_JOBS:
        raise BadCommand(f"smoke.tag: {parsed.tag} is no job that can be submitted with its input alone.")
    key = parsed.object.lstrip("/")
    if mistake := template.key_problem(key):
        raise BadCommand(f"smoke.object {mistake}.")
    return parsed.model_copy(update={"object": key, "bucket": bucket})


def _request(options: Options) -> bytes:
    """Return the XML that submits the job."""
    root = ET.Element("Request")
    ET.SubElement(root, "Tag").text = options.tag
    ET.SubElement(ET.SubElement(root, "Input"), "Object").text = options.object
    ET.SubElement(ET.SubElement(root, "Operation"), "UserData").text = "ci-callback smoke"
    ET.SubElement(root, "CallBack").text = options.url
    ET.SubElement(root, "CallBackFormat").text = options.format
    return ET.tostring(root)
