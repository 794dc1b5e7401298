"""The values that `run` prints: one for each step, and the report of them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli import screen
from local.cli.output import invocation_json
from local.defaults import INPUT_KEY
from local.json_text import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ci.callbacks import Callback
    from local.cli.output import Bucket
    from local.http.post import Reply
    from local.scf.server import Invocation
    from local.scf.trigger import Kind

RESULT_KEY = f"{INPUT_KEY}.SoundHound.json"
_OK = 200


@dataclass(frozen=True)
class Addresses:
    """The addresses of the local cloud."""

    cos: str
    bucket: str
    triggers: Mapping[Kind, str]
    settings: str

    def show(self) -> None:
        """Print them as text."""
        screen.line("The local cloud is up", bold=True)
        screen.field("COS and CI", f"{self.cos}  bucket {self.bucket}")
        for kind, address in self.triggers.items():
            screen.field(kind, address)
        screen.field("settings", self.settings)

    def as_dict(self) -> dict[str, Any]:
        """Return them for JSON."""
        return {
            "cos": self.cos,
            "bucket": self.bucket,
            "triggers": dict(self.triggers),
            "settings": self.settings,
        }


@dataclass(frozen=True)
class Delivery:
    """A callback delivered through a trigger: its reply, and the invocations."""

    trigger: Kind
    reply: Reply
    invocations: tuple[Invocation, ...]

    @property
    def ok(self) -> bool:
        """Whether the reply is 200."""
        return self.reply.status == _OK

    @property
    def text(self) -> str:
        """The reply's body."""
        return self.reply.body.decode("utf-8", "replace")

    @property
    def outcome(self) -> str:
        """The outcomes of the jobs, or the whole body if it has none."""
        answer = parsed(self.reply.body, None)
        try:
            return ", ".join(job["outcome"] for job in answer.get("jobs", [answer]))
        except (AttributeError, KeyError, TypeError):
            return self.text

    def show_invocations(self) -> None:
        """Print the invocations as text."""
        for invocation in self.invocations:
            screen.invocation(invocation)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "trigger": self.trigger,
            "reply": {"status": self.reply.status, "body": parsed(self.text, self.text)},
            "invocations": [invocation_json(each) for each in self.invocations],
        }


@dataclass(frozen=True)
class SubmittedJob:
    """A job submitted for an input, and the delivery of its callback."""

    title: str
    tag: str
    job_id: str
    input: str
    callback: Callback
    delivery: Delivery

    @property
    def failure(self) -> str:
        """The failure, or ""."""
        return "" if self.delivery.ok else f"the callback to {self.callback.url} was not answered 200"

    def show(self) -> None:
        """Print it as text."""
        callback = self.callback
        screen.title(self.title)
        screen.field("uploaded", self.input)
        screen.field("submitted", f"{self.tag}, job {self.job_id}")
        screen.field("callback", f"POST {callback.url}  {len(callback.body)} bytes of {callback.form.upper()}")
        screen.status(self.delivery.reply.status, self.delivery.text)
        self.delivery.show_invocations()

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        callback = self.callback
        return {
            "tag": self.tag,
            "job_id": self.job_id,
            "input": self.input,
            "callback": {"url": callback.url, "format": callback.form, "bytes": len(callback.body)},
            **self.delivery.as_dict(),
        }


@dataclass(frozen=True)
class Result:
    """The result object as the SDK reads it, or the `error` of reading it."""

    title: str
    key: str
    job_id: str  # expected in it
    text: str
    error: str

    @property
    def failure(self) -> str:
        """The failure, or ""."""
        if self.error:
            return f"there is no {self.key}"
        return "" if self.job_id in self.text else f"{self.key} is not of the latest job"

    def show(self) -> None:
        """Print it as text."""
        screen.title(self.title)
        if self.error:
            screen.field("error", self.error, fg="red")
        else:
            screen.body(self.text)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        content = None if self.error else parsed(self.text, self.text)
        return {"key": self.key, "content": content, "error": self.error or None}


@dataclass(frozen=True)
class Recorded:
    """The deliveries of the recorded events, by file, after the object at `deleted` was removed."""

    title: str
    deleted: str
    deliveries: Mapping[str, Delivery]

    @property
    def failure(self) -> str:
        """The failure, or ""."""
        failed = sum(not each.ok for each in self.deliveries.values())
        return f"{failed} of {len(self.deliveries)} recorded callbacks were not answered 200" if failed else ""

    def show(self) -> None:
        """Print them as text; the invocations only of failures."""
        screen.title(self.title)
        screen.field("deleted", self.deleted)
        for event, delivery in self.deliveries.items():
            screen.field(str(delivery.reply.status), f"events/{event:<33}{delivery.outcome}")
            if not delivery.ok:
                delivery.show_invocations()

    def as_dict(self) -> dict[str, Any]:
        """Return them for JSON."""
        return {"recorded": [{"event": event, **each.as_dict()} for event, each in self.deliveries.items()]}


@dataclass(frozen=True)
class Report:
    """All steps; as text each has been printed before, so that only the verdict is left."""

    addresses: Addresses
    jobs: tuple[SubmittedJob, ...]
    result: Result
    recorded: Recorded
    bucket: Bucket

    @property
    def failures(self) -> list[str]:
        """The failures of all steps."""
        failures = [*(job.failure for job in self.jobs), self.result.failure, self.recorded.failure]
        return [failure for failure in failures if failure]

    def show(self) -> None:
        """Print the verdict."""
        screen.line()
        for failure in self.failures:
            screen.line(f"FAILED: {failure}", fg="red", bold=True)
        if self.failures:
            return
        jobs, events = len(self.jobs), len(self.recorded.deliveries)
        done = f"{jobs} jobs submitted, called back and stored; {events} recorded callbacks answered 200"
        screen.line(f"OK: {done}", fg="green", bold=True)

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "ok": not self.failures,
            "failures": self.failures,
            **self.addresses.as_dict(),
            "jobs": [job.as_dict() for job in self.jobs],
            "result": self.result.as_dict(),
            **self.recorded.as_dict(),
            **self.bucket.as_dict(),
        }
