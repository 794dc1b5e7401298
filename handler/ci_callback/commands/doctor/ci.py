"""Cloud Infinite for a bucket: its binding, job API, queues and workflows."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ci_callback.cloud.ci import path_of
from ci_callback.cloud.cos import Request
from ci_callback.commands import resource
from ci_callback.commands.finding import Finding, ok, problem, warning
from ci_callback.commands.inquiry import element, elements
from ci_callback.commands.sweep.listing import TAGS
from ci_callback.errors import StoreError

from . import callers, loops
from .callers import Caller
from .time_over import is_time_over, time_over

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ci_callback.commands.inquiry import Answer, Inquiry
    from ci_callback.config.settings import Settings

    from .callers import Callee

# The queues of a bucket, by their path: https://cloud.tencent.com/document/product/436/54045 and its like.
_QUEUES = {"queue": "media", "picqueue": "picture", "asrqueue": "speech", "docqueue": "document", "ai_queue": "AI"}

_PAGES, _PAGE = 5, 10


@dataclass(frozen=True)
class BucketCi:
    """CI's setup for one of BUCKETS."""

    inquiry: Inquiry
    settings: Settings
    name: str
    callee: Callee

    def examine(self) -> Iterator[Finding]:
        """Yield the findings; never raise."""
        if is_time_over(self.inquiry):
            yield time_over("ci", self.name)
            return
        try:
            yield from self._examine()
        except StoreError as error:
            message = f"CI cannot be examined for {self.name}: {error}"
            fix = "Try again. In a VPC the function needs a route to CI (docs/deployment.md)."
            yield time_over("ci", self.name) if is_time_over(self.inquiry) else warning("ci", message, fix)

    def _examine(self) -> Iterator[Finding]:
        queues = {kind: self._list(kind, "QueueList") for kind in _QUEUES}
        if all(_is_off(answer) for answer, _ in queues.values()):
            message = f"Cloud Infinite is not bound to {self.name}, or all its services are off: no job can run there."
            fix = "Bind the bucket in the console (Cloud Infinite), and enable the service you use."
            yield problem("ci", message, fix)
            return
        yield from self._jobs()
        answer, workflows = self._list("workflow", "MediaWorkflowList")
        yield from self._callers(queues, workflows)
        if answer.is_success:
            yield from loops.hazards(self.name, workflows, self.settings)
        elif not _is_off(answer):
            message = f"CI answers {answer.summary} to the list of workflows of {self.name}."
            yield warning("loop", message, f"{self._allow}, or check yourself: {loops.AVOID_LOOPS}")

    def _jobs(self) -> Iterator[Finding]:
        """Check that jobs can be listed, as the sweep and VERIFY do."""
        tag = next((route.tag for route in self.settings.ROUTES if route.write and route.tag in TAGS), TAGS[0])
        parameters = {"tag": tag, "size": "1"}
        answer = self.inquiry.ask(Request(self.name, path=path_of(tag), parameters=parameters, service="ci"))
        if answer.is_success:
            yield ok("ci", f"CI lists the jobs of {self.name}.")
        elif not _is_off(answer):
            verifies = self.settings.VERIFY == "job"
            need = "VERIFY=job needs it: each callback gets 503" if verifies else "the sweep needs it"
            message = f"CI answers {answer.summary} to the list of jobs of {self.name}; {need}."
            fix = f"{self._allow} (docs/deployment.md, 1)."
            yield Finding("ci", "problem" if verifies else "warning", message, fix)

    def _callers(
        self, queues: Mapping[str, tuple[Answer, Sequence[Mapping[str, Any]]]], workflows: Sequence[Mapping[str, Any]]
    ) -> Iterator[Finding]:
        found = [self._workflow(each) for each in workflows if loops.start_of(each).get("NotifyConfig")]
        for kind, (answer, rows) in queues.items():
            found += [self._queue(kind, row) for row in rows]
            if not answer.is_success and not _is_off(answer):
                message = f"CI answers {answer.summary} to the list of {_QUEUES[kind]} queues of {self.name}."
                yield warning("queues", message, f"{self._allow}; only this check needs it.")
        for caller in found:
            yield from caller.findings(self.callee)
        if not {caller.relation(self.callee) for caller in found} & {"here", "wrong"}:
            yield callers.none_calls(self.name, found, self.callee)

    def _queue(self, kind: str, row: Mapping[str, Any]) -> Caller:
        name = str(row.get("Name") or row.get("QueueId") or row.get("QueueID") or "")
        subject = f"The {_QUEUES[kind]} queue {name[:64]!r} of {self.name}"
        return Caller(subject, element(row, "NotifyConfig"), row.get("State") != "Paused", ("TaskFinish",))

    def _workflow(self, row: Mapping[str, Any]) -> Caller:
        subject = f"The workflow {str(row.get('Name', ''))[:64]!r} of {self.name}"
        notify = element(loops.start_of(row), "NotifyConfig")
        return Caller(subject, notify, row.get("State") != "Paused", ("WorkflowFinish", "TaskFinish"))

    def _list(self, path: str, name: str) -> tuple[Answer, list[Mapping[str, Any]]]:
        """Return the rows of the first pages of a list, and CI's last answer."""
        rows: list[Mapping[str, Any]] = []
        for page in range(1, _PAGES + 1):
            parameters = {"pageNumber": str(page), "pageSize": str(_PAGE)}
            answer = self.inquiry.ask(Request(self.name, path=path, parameters=parameters, service="ci"))
            found = elements(answer.element("Response"), name)
            rows += found
            if len(found) < _PAGE:
                break
        return answer, rows

    @property
    def _allow(self) -> str:
        jobs = resource.jobs(self.settings.BUCKETS[self.name], self.name)
        return f"Allow ci:Describe* for {jobs} in the role's policy"


def _is_off(answer: Answer) -> bool:
    """Return whether the bucket is not bound, or has the service in question off."""
    return answer.code.endswith("UnBinded") or answer.status == HTTPStatus.NOT_FOUND
