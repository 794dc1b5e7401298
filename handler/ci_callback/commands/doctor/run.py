"""Doctor: examine the deployment from inside, on `{"doctor": {}}`. docs/doctor.md shows how.

It runs however wrong the settings are, and removes everything it writes to a bucket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.cloud import credentials
from ci_callback.cloud.cos import Store
from ci_callback.commands import callback_url, finding
from ci_callback.commands.inquiry import Inquiry
from ci_callback.commands.options import CommandOptions, parse_options
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

    from .context import Context


class Options(CommandOptions):
    """Options of `{"doctor": {…}}`, each optional.

    `url` is the callback URL with its token, which a function cannot find out by itself; `inputs` a prefix of the
    jobs' inputs; `bucket` narrows to one of BUCKETS.
    """

    url: str = ""
    inputs: str = ""
    bucket: str = ""


def run(context: Context, options: object) -> dict[str, Any]:
    """Examine the deployment and return the report; raise BadCommand."""
    parsed = parse_options(Options, "doctor", options)
    url = callback_url.parse(parsed.url)
    if parsed.url and url is None:
        raise BadCommand("doctor.url is no URL such as https://<host>/<token>.")
    settings = context.settings
    if parsed.bucket and not isinstance(settings, Misconfigured) and parsed.bucket not in settings.BUCKETS:
        raise BadCommand("doctor.bucket is not in BUCKETS.")
    return finding.report(_examine(context, parsed, url))


def _examine(context: Context, options: Options, url: CallbackUrl | None) -> Iterator[Finding]:
    yield from deployment.settings(context.settings)
    yield from deployment.role(context.environ)
    yield from deployment.limits(context.scf)
    yield from library.versions()
    if not isinstance(context.settings, Misconfigured):
        yield from routes.examine(context.settings)
        yield deployment.signatures(context.settings)
        try:
            key = credentials.read(context.environ)
        except Misconfigured:
            pass
        else:
            yield from _examine_cloud(context, context.settings, key, options, url)
            return
    yield finding.warning(
        "cloud",
        "COS, CI and the secret were not examined: that needs settings and a role.",
        "Fix those first, deploy, and run the doctor again.",
    )


def _examine_cloud(
    context: Context, settings: Settings, key: Credentials, options: Options, url: CallbackUrl | None
) -> Iterator[Finding]:
    """Examine COS, CI and Secrets Manager."""
    tokens, found = deployment.tokens(context, settings, key)
    yield found
    if url is not None:
        yield deployment.url(url, tokens)
    inquiry = Inquiry(Store(context.transport, key, settings.BUCKETS, context.deadline, set()))
    account = context.environ.get("TENCENTCLOUD_APPID", "")
    here = context.environ.get("TENCENTCLOUD_REGION", "")
    for name in [options.bucket] if options.bucket else settings.BUCKETS:
        in_cos = list(Bucket(inquiry, settings, name, options.inputs, here).examine())
        yield from in_cos
        if in_cos[0].level == "ok":  # CI cannot answer about a bucket that COS does not find
            yield from BucketCi(inquiry, settings, name, Callee(tokens, url, account)).examine()
    yield from deployment.clock(inquiry.skews)
