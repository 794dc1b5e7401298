"""What `run` finds out: a value for each step and one for all of them, for people and for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.cli.output import told
from local.json_text import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.ci.callbacks import Callback
    from local.cli.output import Bucket
    from local.cli.screen import Screen
    from local.http.post import Reply
    from local.scf.server import Invocation
    from local.scf.trigger import Kind

_OK = 200


@dataclass(frozen=True)
class Addresses:
    """Where everything is."""

    cos: str
    bucket: str
    triggers: Mapping[Kind, str]

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        screen.line("The local cloud is up", "bold")
        screen.field("COS and CI", f"{self.cos}  bucket {self.bucket}")
        for kind, address in self.triggers.items():
            screen.field(kind, address)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {"cos": self.cos, "bucket": self.bucket, "triggers": dict(self.triggers)}


@dataclass(frozen=True)
class Circle:
    """A job on its way around: submitted for an input, called back, and what the function made of that."""

    title: str
    tag: str
    job_id: str
    input: str
    trigger: Kind
    callback: Callback
    invocations: tuple[Invocation, ...]

    @property
    def failure(self) -> str:
        """What went wrong, or ""."""
        return "" if self.callback.reply.status == _OK else f"the callback to {self.callback.url} was not answered 200"

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        callback = self.callback
        screen.title(self.title)
        screen.field("uploaded", self.input)
        screen.field("submitted", f"{self.tag}, job {self.job_id}")
        screen.field("callback", f"POST {callback.url}  {len(callback.body)} bytes of {callback.form.upper()}")
        screen.status(callback.reply.status, _text(callback.reply))
        for invocation in self.invocations:
            screen.invocation(invocation)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        callback = self.callback
        return {
            "tag": self.tag,
            "job_id": self.job_id,
            "input": self.input,
            "trigger": self.trigger,
            "callback": {"url": callback.url, "format": callback.form, "bytes": len(callback.body)},
            "reply": _reply(callback.reply),
            "invocations": [told(each) for each in self.invocations],
        }


@dataclass(frozen=True)
class Result:
    """The result object as the SDK reads it; `error` says why there is none."""

    title: str
    key: str
    job_id: str  # that it should be of
    text: str
    error: str

    @property
    def failure(self) -> str:
        """What went wrong, or ""."""
        if self.error:
            return f"there is no {self.key}"
        return "" if self.job_id in self.text else f"{self.key} is not of the latest job"

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        screen.title(self.title)
        if self.error:
            screen.field("error", self.error, "red")
        else:
            screen.body(self.text)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {
            "key": self.key,
            "content": None if self.error else parsed(self.text, self.text),
            "error": self.error or None,
        }


@dataclass(frozen=True)
class Delivery:
    """A recorded callback, and what became of it."""

    event: str
    trigger: Kind
    reply: Reply
    invocations: tuple[Invocation, ...]

    @property
    def ok(self) -> bool:
        """Whether it was answered 200."""
        return self.reply.status == _OK

    def show(self, screen: Screen) -> None:
        """Print it for people; what the function said only where it failed."""
        screen.field(str(self.reply.status), f"events/{self.event:<33}{_outcome(self.reply)}")
        for invocation in () if self.ok else self.invocations:
            screen.invocation(invocation)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {
            "event": self.event,
            "trigger": self.trigger,
            "reply": _reply(self.reply),
            "invocations": [told(each) for each in self.invocations],
        }


@dataclass(frozen=True)
class Recorded:
    """The deliveries of the recorded callbacks, after the object at `deleted` was taken away."""

    title: str
    deleted: str
    deliveries: tuple[Delivery, ...]

    @property
    def failure(self) -> str:
        """What went wrong, or ""."""
        refused = sum(not each.ok for each in self.deliveries)
        return f"{refused} of {len(self.deliveries)} recorded callbacks were not answered 200" if refused else ""

    def show(self, screen: Screen) -> None:
        """Print it for people."""
        screen.title(self.title)
        screen.field("deleted", self.deleted)
        for each in self.deliveries:
            each.show(screen)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {"recorded": [each.as_dict() for each in self.deliveries]}


@dataclass(frozen=True)
class Report:
    """All of it; each part has been shown, so that for people the verdict is left."""

    addresses: Addresses
    circles: tuple[Circle, ...]
    result: Result
    recorded: Recorded
    bucket: Bucket

    @property
    def failures(self) -> list[str]:
        """What went wrong."""
        failures = [*(circle.failure for circle in self.circles), self.result.failure, self.recorded.failure]
        return [failure for failure in failures if failure]

    def show(self, screen: Screen) -> None:
        """Print the verdict."""
        screen.line()
        for failure in self.failures:
            screen.line(f"FAILED: {failure}", "bold red")
        if self.failures:
            return
        jobs, events = len(self.circles), len(self.recorded.deliveries)
        done = f"{jobs} jobs submitted, called back and stored; {events} recorded callbacks answered 200"
        screen.line(f"OK: {done}", "bold green")

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON tells it."""
        return {
            "ok": not self.failures,
            "failures": self.failures,
            **self.addresses.as_dict(),
            "jobs": [circle.as_dict() for circle in self.circles],
            "result": self.result.as_dict(),
            **self.recorded.as_dict(),
            **self.bucket.as_dict(),
        }


def _reply(reply: Reply) -> dict[str, Any]:
    text = _text(reply)
    return {"status": reply.status, "body": parsed(text, text)}


def _text(reply: Reply) -> str:
    return reply.body.decode("utf-8", "replace")


def _outcome(reply: Reply) -> str:
    """Return what the function says became of the job; what it says at all where that is something else."""
    answer = parsed(reply.body, None)
    try:
        return ", ".join(job["outcome"] for job in answer.get("jobs", [answer]))
    except (AttributeError, KeyError, TypeError):
        return _text(reply)
