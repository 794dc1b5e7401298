"""Who calls: what CI's queues and workflows say of the URL that they call when a job ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ci_callback.commands import callback_url
from ci_callback.commands.finding import ok, problem, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ci_callback.commands.callback_url import CallbackUrl
    from ci_callback.commands.finding import Finding

Standing = Literal["silent", "elsewhere", "wrong", "here"]

# The hosts of function URLs begin with the account: https://cloud.tencent.com/document/product/583/96099.
_FUNCTION_HOSTS = (".tencentscf.com", ".scf.tencentcs.com")

_SET_IT = "Set it in the console (Cloud Infinite → the bucket → Queues and callbacks), or by UpdateMediaQueue"


@dataclass(frozen=True)
class Callee:
    """This function as it is called: its tokens, its URL if that was given, and the account (APPID) it belongs to."""

    tokens: tuple[str, ...] = field(repr=False)
    url: CallbackUrl | None
    account: str


@dataclass(frozen=True)
class Caller:
    """A queue, or a workflow with a callback of its own: `notify` is its NotifyConfig, `events` what it should tell."""

    what: str
    notify: Mapping[str, Any]
    is_active: bool
    events: tuple[str, ...]

    def standing(self, callee: Callee) -> Standing:
        """Return whether it calls this function, as far as can be told without knowing the function's own URL."""
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
        """Yield what there is to say of it, unless it is silent."""
        standing, url = self.standing(callee), self._url
        if standing == "silent" or url is None:
            return
        if standing == "elsewhere":
            yield ok("queues", f"{self.what} calls {url.shown}, which is not this function.")
        elif standing == "wrong":
            yield self._wrong(url, is_known=callee.url is not None)
        else:
            yield from self._here(url, callee) or [self._sound(url)]

    def _wrong(self, url: CallbackUrl, *, is_known: bool) -> Finding:
        fix = f"{_SET_IT}: the function's address, a slash, one of the tokens."
        if is_known:
            return problem("queues", f"{self.what} calls {url.shown} with a token that is not ours, and gets 401.", fix)
        message = f"{self.what} calls {url.shown}, a function of this account, with a token that is not ours."
        return warning("queues", message, f'If that is this function: {fix} To be certain give "url" with the command.')

    def _here(self, url: CallbackUrl, callee: Callee) -> list[Finding]:
        """Return what is doubtful about a call that comes here."""
        doubts = []
        if callee.url is not None and not url.is_beside(callee.url):
            doubts.append(("not by the URL that was given", f"{_SET_IT} as given, with https"))
        elif url.scheme == "http":
            doubts.append(("without encryption", f"{_SET_IT} with https"))
        told = [event.strip() for event in self._text("Event").split(",")]
        if not set(told) & set(self.events):
            doubts.append((f"but not for {self.events[0]}", f"{_SET_IT} with the event {self.events[0]}"))
        if not self.is_active:
            doubts.append(("but is paused", "Activate it: until then its jobs wait"))
        return [warning("queues", f"{self.what} calls this function, {message}.", f"{fix}.") for message, fix in doubts]

    def _sound(self, url: CallbackUrl) -> Finding:
        form = self._text("ResultFormat") or "XML"
        return ok("queues", f"{self.what} calls {url.shown} with one of our tokens, in {form[:8]}.")

    @property
    def _url(self) -> CallbackUrl | None:
        return callback_url.parse(self._text("Url"))

    def _text(self, name: str) -> str:
        value = self.notify.get(name, "")
        return value if isinstance(value, str) else ""


def none_calls(bucket: str, callers: list[Caller], callee: Callee) -> Finding:
    """Return what to say of a bucket of whose queues and workflows none calls this function."""
    if callee.url is None:
        message = f"No queue of {bucket} calls this function: callbacks come for jobs with a CallBack of their own."
        return ok("queues", message)
    elsewhere = [caller.what for caller in callers if caller.standing(callee) == "elsewhere"]
    others = f"; {', '.join(elsewhere[:4])} call elsewhere" if elsewhere else "; their callbacks are off"
    message = f"No queue of {bucket} calls this function{others}."
    return warning(
        "queues", message, f"{_SET_IT}; or give each job a CallBack of its own. A change takes about 5 minutes."
    )
