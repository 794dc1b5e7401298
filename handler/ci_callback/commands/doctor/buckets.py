"""A bucket: whether it is there, what the role may do in it, and whether it has versions."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from ci_callback.cloud.cos import Request, Store
from ci_callback.commands.finding import ok, problem, warning
from ci_callback.commands.inquiry import Inquiry
from ci_callback.errors import StoreError

from .permissions import Trial
from .unexamined import is_too_late, unexamined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci_callback.commands.finding import Finding
    from ci_callback.commands.inquiry import Answer
    from ci_callback.config.settings import Settings

# COS refuses whoever asks, not what is asked for: https://cloud.tencent.com/document/product/436/7730.
_BAD_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "RequestTimeTooSkewed"}
_REDIRECTS = {301, 302, 307, 308}


@dataclass(frozen=True)
class Bucket:
    """One of BUCKETS, to be examined; `here` is the function's own region, `inputs` a prefix of jobs' inputs."""

    inquiry: Inquiry
    settings: Settings
    name: str
    inputs: str
    here: str

    @property
    def region(self) -> str:
        """The region that BUCKETS gives it."""
        return self.settings.BUCKETS[self.name]

    def examine(self) -> Iterator[Finding]:
        """Yield what there is to say, first whether it can be reached; raises nothing."""
        if is_too_late(self.inquiry):
            yield unexamined("bucket", self.name)
            return
        trial = Trial(self.inquiry, self.settings, self.name, self.inputs)
        try:
            yield from self._examine(trial)
        except StoreError as error:
            yield unexamined("bucket", self.name) if is_too_late(self.inquiry) else self._unreachable(error)
        for key in trial.left:
            message = f"A probe could not be removed from {self.name}: {key}"
            yield warning("bucket", message, "Remove it by hand, with its versions. Until then it does no harm.")

    def _examine(self, trial: Trial) -> Iterator[Finding]:
        # of all requests the one that changes nothing, whatever comes of it
        versioning = self.inquiry.ask(Request(self.name, parameters={"versioning": ""}))
        if (trouble := self._trouble(versioning)) is not None:
            yield trouble
            return
        yield ok("bucket", f"{self.name} is there, in {self.region}.")
        status = str(versioning.element("VersioningConfiguration").get("Status", ""))
        yield from trial.run(has_versions=bool(status))
        yield self._versions(versioning, status, trial.version)

    def _unreachable(self, error: StoreError) -> Finding:
        message = f"{self.name} cannot be examined: {error}"
        return problem("bucket", message, "Ask again. In a VPC the function needs a route to COS (docs/deployment.md).")

    def _trouble(self, answer: Answer) -> Finding | None:
        """Return what keeps every request to the bucket from succeeding; None where nothing does."""
        if answer.status in _REDIRECTS or answer.status == HTTPStatus.NOT_FOUND:
            message = f"COS answers {answer.said} for {self.name} in {self.region}: there it is not."
            return problem(
                "bucket", message, f"{self._where(answer)} Correct BUCKETS, which is bucket/region, and deploy."
            )
        if answer.code in _BAD_KEYS:
            message = f"COS does not accept the role's key for {self.name}: {answer.said}."
            fix = "See what `clock` says; see that the role still exists and that scf.qcloud.com may assume it; deploy."
            return problem("role", message, fix)
        if answer.is_success or answer.status == HTTPStatus.FORBIDDEN:
            return None
        message = f"COS answers {answer.said} to any request about {self.name}."
        return problem("bucket", message, "Look the code up in COS's list of errors (document 436/7730).")

    def _where(self, answer: Answer) -> str:
        """Return in words where the bucket is, as far as can be found out."""
        if told := answer.headers.get("x-cos-bucket-region", ""):
            return f"COS says that it is in {told[:40]}."
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
            message = (
                f"The versioning of {self.name} is suspended: what is overwritten there is lost, and COS may overwrite."
            )
            fix = "Enable versioning again, or keep results in another bucket (docs/guarantees.md, 2)."
            return warning("versions", message, fix)
        if status or version:
            return ok("versions", f"{self.name} keeps versions; a result costs two more requests there.")
        if answer.is_success:
            return ok("versions", f"{self.name} keeps no versions.")
        seen = "whether versioning is suspended, name/cos:GetBucketVersioning would tell"
        return ok("versions", f"{self.name} keeps no versions; {seen}.")
