"""The lifecycle of a bucket: the rule that deletes old dead letters.

https://cloud.tencent.com/document/product/436/8278 (GET Bucket lifecycle).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ci_callback.cloud.cos import Request
from ci_callback.commands.finding import ok, warning
from ci_callback.commands.inquiry import element, elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci_callback.commands.finding import Finding
    from ci_callback.commands.inquiry import Inquiry

_GUIDE = "docs/operation.md, Dead letters"


def examine(inquiry: Inquiry, bucket: str, prefix: str) -> Finding:
    """Return whether dead letters below a prefix are deleted one day; raise StoreError."""
    answer = inquiry.ask(Request(bucket, parameters={"lifecycle": ""}))
    if answer.status == HTTPStatus.FORBIDDEN:
        hint = "to learn whether a rule deletes old dead letters, allow name/cos:GetBucketLifecycle"
        return ok("lifecycle", f"The lifecycle of {bucket} cannot be seen; {hint}.")
    if answer.is_success:
        rules = elements(answer.element("LifecycleConfiguration"), "Rule")
        if any(_deletes(rule, prefix) for rule in rules):
            return ok("lifecycle", f"A lifecycle rule deletes old dead letters of {bucket}.")
    elif answer.status != HTTPStatus.NOT_FOUND:  # without any rule
        return warning("lifecycle", f"COS answers {answer.summary} to the lifecycle of {bucket}.", "Try again.")
    message = f"No lifecycle rule of {bucket} deletes old dead letters: they stay for ever, with all that CI sent."
    return warning("lifecycle", message, f"Add a rule for the prefix {prefix} ({_GUIDE}).")


def _deletes(rule: Mapping[str, Any], prefix: str) -> bool:
    """Return whether a rule deletes all objects below a prefix, with any tags."""
    if rule.get("Status") != "Enabled" or not element(rule, "Expiration"):
        return False
    chosen = element(rule, "Filter")
    return "And" not in chosen and "Tag" not in chosen and prefix.startswith(str(chosen.get("Prefix", "")))
