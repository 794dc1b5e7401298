"""Callers: the URLs that CI's queues and workflows call when a job ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ci_callback.commands import callback_url
from ci_callback.commands.finding import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ci_callback.commands.callback_url import CallbackUrl
    from ci_callback.commands.finding import Finding

Relation = Literal["silent", "elsewhere", "wrong", "here"]

# The hosts of function URLs begin with the account: https://cloud.tencent.com/document/product/583/96099.
_FUNCTION_HOSTS = (".tencentscf.com", ".scf.tencentcs.com")

_SET_IT = "Set it in the console (Cloud Infinite → the bucket → Queues and callbacks), or by UpdateMediaQueue"


@dataclass(frozen=True)
class Callee:
    """This function: its tokens, its URL if that was given, and its account (APPID)."""

    tokens: tuple[str, ...] = field(repr=False)
    url: CallbackUrl | None
    account: str


@dataclass(frozen=True)
class Caller:
    """A queue, or a workflow with a callback of its own: `notify` is its NotifyConfig, `events` those it needs."""

    subject: str
    notify: Mapping[str, Any]
    is_active: bool
    events: tuple[str, ...]

    def relation(self, callee: Callee) -> Relation:
        """Return whether it calls this function, as far as is known without the function's own URL."""
        url = self._url
        if url is None or self._text("State").lower() == "off":
            return "silent"
        if callee.url is None:
            if url.has_one_of(callee.tokens):
                return "here"
            own = callee.account and url.host.startswith(f"{callee.account}-") and url.host.endswith(_FUNCTION_HOSTS)
            return "wrong" if own else "elsewhere"
        if url.host != callee.url.host:
            return "elsewhere"
        return "here" if url.has_one_of(callee.tokens) else "wrong"

    def findings(self, callee: Callee) -> Iterator[Finding]:
        """Yield the findings about its URL, none where it calls no one."""
        relation, url = self.relation(callee), self._url
        if relation == "silent" or url is None:
            return
        if relation == "elsewhere":
            yield ok("queues", f"{self.subject} calls {url.shown}, which is not this function.")
        elif relation == "wrong":
            yield self._wrong(url, is_known=callee.url is not None)
        else:
            yield from self._doubts(url, callee) or [self._right(url)]

    def _wrong(self, url: CallbackUrl, *, is_known: bool) -> Finding:
        fix = f"{_SET_IT}: the function's address, a slash, one of the tokens."
        if is_known:
            return problem("queues", f"{self.subject} calls {url.shown} with an unknown token, and gets 401.", fix)
        message = f"{self.subject} calls {url.shown}, a function of this account, with an unknown token."
        return warning("queues", message, f'If that is this function: {fix} To be certain give "url" with the command.')

    def _doubts(self, url: CallbackUrl, callee: Callee) -> list[Finding]:
        """Return warnings about a call that reaches this function."""
        doubts = []
        if callee.url is not None and not url.is_beside(callee.url):
            doubts.append(("not by the URL that was given", f"{_SET_IT} as given, with https"))
        elif url.scheme == "http":
            doubts.append(("without encryption", f"{_SET_IT} with https"))
        events = {event.strip() for event in self._text("Event").split(",")}
        if events.isdisjoint(self.events):
            doubts.append((f"but not for {self.events[0]}", f"{_SET_IT} with the event {self.events[0]}"))
        if not self.is_active:
            doubts.append(("but is paused", "Activate it: until then its jobs wait"))
        return [warning("queues", f"{self.subject} calls this function, {doubt}.", f"{fix}.") for doubt, fix in doubts]

    def _right(self, url: CallbackUrl) -> Finding:
        form = self._text("ResultFormat") or "XML"
        return ok("queues", f"{self.subject} calls {url.shown} with a valid token, in {form[:8]}.")

    @property
    def _url(self) -> CallbackUrl | None:
        return callback_url.parse(self._text("Url"))

    def _text(self, name: str) -> str:
        value = self.notify.get(name, "")
        return value if isinstance(value, str) else ""


def none_calls(bucket: str, callers: list[Caller], callee: Callee) -> Finding:
    """Return the finding for a bucket without a queue or workflow that calls this function."""
    if callee.url is None:
        message = f"No queue of {bucket} calls this function: only jobs with a CallBack of their own do."
        return ok("queues", message)
    elsewhere = [caller.subject for caller in callers if caller.relation(callee) == "elsewhere"]
    others = f"; {', '.join(elsewhere[:4])} call elsewhere" if elsewhere else "; their callbacks are off"
    message = f"No queue of {bucket} calls this function{others}."
    fix = f"{_SET_IT}; or give each job a CallBack of its own. A change takes about 5 minutes."
    return warning("queues", message, fix)
