"""A bucket: its existence, the role's permissions in it, its versioning and its lifecycle."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ci_callback.cloud.cos import Request, Store
from ci_callback.commands.finding import ok, problem, warning
from ci_callback.commands.inquiry import Inquiry
from ci_callback.errors import StoreError

from . import lifecycle
from .permissions import Trial
from .time_over import is_time_over, time_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci_callback.commands.finding import Finding
    from ci_callback.commands.inquiry import Answer
    from ci_callback.config.settings import Settings

# Codes about the caller, not the request: https://cloud.tencent.com/document/product/436/7730.
_BAD_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "RequestTimeTooSkewed"}
_REDIRECTS = {301, 302, 307, 308}


@dataclass(frozen=True)
class Bucket:
    """One of BUCKETS; `here` is the function's own region, `inputs` a prefix of the jobs' inputs."""

    inquiry: Inquiry
    settings: Settings
    name: str
    inputs: str
    here: str

    @property
    def region(self) -> str:
        """The bucket's region according to BUCKETS."""
        return self.settings.BUCKETS[self.name]

    def examine(self) -> Iterator[Finding]:
        """Yield the findings, first whether the bucket can be reached; never raise."""
        if is_time_over(self.inquiry):
            yield time_over("bucket", self.name)
            return
        trial = Trial(self.inquiry, self.settings, self.name, self.inputs)
        try:
            yield from self._examine(trial)
        except StoreError as error:
            yield time_over("bucket", self.name) if is_time_over(self.inquiry) else self._unreachable(error)
        for key in trial.left:
            message = f"A probe could not be removed from {self.name}: {key}"
            yield warning("bucket", message, "Remove it by hand, with its versions. Until then it does no harm.")

    def _examine(self, trial: Trial) -> Iterator[Finding]:
        # first a request that changes nothing
        versioning = self.inquiry.ask(Request(self.name, parameters={"versioning": ""}))
        if (trouble := self._trouble(versioning)) is not None:
            yield trouble
            return
        yield ok("bucket", f"{self.name} exists, in {self.region}.")
        status = str(versioning.element("VersioningConfiguration").get("Status", ""))
        yield from trial.run(has_versions=bool(status))
        yield self._versions(versioning, status, trial.version)
        yield lifecycle.examine(self.inquiry, self.name, self.settings.DEAD_LETTER)

    def _unreachable(self, error: StoreError) -> Finding:
        message = f"{self.name} cannot be examined: {error}"
        return problem("bucket", message, "Try again. In a VPC the function needs a route to COS (docs/deployment.md).")

    def _trouble(self, answer: Answer) -> Finding | None:
        """Return the reason why every request to the bucket fails, None where they do not."""
        if answer.status in _REDIRECTS or answer.status == HTTPStatus.NOT_FOUND:
            message = f"COS answers {answer.summary} for {self.name} in {self.region}: the bucket is not there."
            fix = f"{self._location(answer)} Correct BUCKETS, which is bucket/region, and deploy."
            return problem("bucket", message, fix)
        if answer.code in _BAD_KEYS:
            message = f"COS does not accept the role's key for {self.name}: {answer.summary}."
            fix = "Look at the finding `clock`; check that the role still exists and that scf.qcloud.com may assume it."
            return problem("role", message, f"{fix} Then deploy.")
        if answer.is_success or answer.status == HTTPStatus.FORBIDDEN:
            return None
        message = f"COS answers {answer.summary} to any request about {self.name}."
        return problem("bucket", message, "Look the code up in COS's list of errors (document 436/7730).")

    def _location(self, answer: Answer) -> str:
        """Return a sentence on where the bucket is, as far as COS answers that."""
        if region := answer.headers.get("x-cos-bucket-region", ""):
            return f"According to COS it is in {region[:40]}."
        candidates = dict.fromkeys([self.here, *self.settings.BUCKETS.values()])
        for region in [each for each in candidates if each not in {"", self.region}]:
            store = self.inquiry.store
            elsewhere = Inquiry(Store(store.transport, store.credentials, {self.name: region}, store.deadline, set()))
            found = elsewhere.ask(Request(self.name, "HEAD"))
            if found.is_success or found.status == HTTPStatus.FORBIDDEN:
                return f"It is in {region}."
        return "The console shows each bucket's full name, which ends with the APPID, and its region."

    def _versions(self, answer: Answer, status: str, version: str) -> Finding:
        if status == "Suspended":
            message = f"The versioning of {self.name} is suspended: COS may overwrite there, and keeps no copy."
            fix = "Enable versioning again, or keep results in another bucket (docs/guarantees.md, 2)."
            return warning("versions", message, fix)
        if status or version:
            return ok("versions", f"{self.name} keeps versions; a result costs two more requests there.")
        if answer.is_success:
            return ok("versions", f"{self.name} keeps no versions.")
        hint = "to learn whether versioning is suspended, allow name/cos:GetBucketVersioning"
        return ok("versions", f"{self.name} keeps no versions; {hint}.")
