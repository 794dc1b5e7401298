"""Doctor: the deployment examined from inside, on `{"doctor": {}}`. docs/doctor.md shows how.

It is obeyed however wrong the settings are. It leaves nothing behind: what it tries in a bucket it takes away again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.cloud import credentials
from ci_callback.cloud.cos import Store
from ci_callback.commands import callback_url, finding
from ci_callback.commands import options as command
from ci_callback.commands.inquiry import Inquiry
from ci_callback.errors import BadCommand, Misconfigured

from . import deployment, library, routes
from .buckets import Bucket
from .callers import Callee
from .ci import BucketCi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ci_callback.cloud.credentials import Credentials
    from ci_callback.commands.callback_url import CallbackUrl
    from ci_callback.commands.finding import Finding
    from ci_callback.config.settings import Settings

    from .context import Patient


class Options(command.Options):
    """What may stand in `{"doctor": {…}}`; every field may be left out.

    `url` is the callback URL with its token, which a function does not know of itself. `inputs` is a prefix below which
    the inputs of jobs lie. `bucket` narrows to one of BUCKETS.
    """

    url: str = ""
    inputs: str = ""
    bucket: str = ""


def examine(patient: Patient, options: Any) -> dict[str, Any]:
    """Return the report; raise BadCommand where the options ask for nothing we know."""
    asked = command.read(Options, "doctor", options)
    url = callback_url.parse(asked.url)
    if asked.url and url is None:
        raise BadCommand("doctor.url is no URL such as https://<host>/<token>.")
    settings = patient.settings
    if asked.bucket and not isinstance(settings, Misconfigured) and asked.bucket not in settings.BUCKETS:
        raise BadCommand("doctor.bucket is not in BUCKETS.")
    return finding.report(_examine(patient, asked, url))


def _examine(patient: Patient, asked: Options, url: CallbackUrl | None) -> Iterator[Finding]:
    yield from deployment.settings(patient.settings)
    yield from deployment.role(patient.environ)
    yield from deployment.limits(patient.context)
    yield from library.versions()
    if not isinstance(patient.settings, Misconfigured):
        yield from routes.reach(patient.settings)
        try:
            key = credentials.read(patient.environ)
        except Misconfigured:
            pass
        else:
            yield from _outside(patient, patient.settings, key, asked, url)
            return
    yield finding.warning(
        "cloud",
        "COS, CI and the secret have not been asked: without settings and a role that cannot be.",
        "Mend those first, deploy, and ask again.",
    )


def _outside(
    patient: Patient, settings: Settings, key: Credentials, asked: Options, url: CallbackUrl | None
) -> Iterator[Finding]:
    """Yield what COS, CI and Secrets Manager have to say."""
    tokens, found = deployment.tokens(patient, settings, key)
    yield found
    if url is not None:
        yield deployment.url(url, tokens)
    inquiry = Inquiry(Store(patient.transport, key, settings.BUCKETS, patient.deadline, set()))
    account = patient.environ.get("TENCENTCLOUD_APPID", "")
    here = patient.environ.get("TENCENTCLOUD_REGION", "")
    for name in [asked.bucket] if asked.bucket else settings.BUCKETS:
        in_cos = list(Bucket(inquiry, settings, name, asked.inputs, here).examine())
        yield from in_cos
        if in_cos[0].level == "ok":  # else nothing can be learnt of it from CI either
            yield from BucketCi(inquiry, settings, name, Callee(tokens, url, account)).examine()
    yield from deployment.clock(inquiry.skews)
