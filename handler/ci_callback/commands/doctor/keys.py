"""The keys of results, as far as a template determines them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.config import template
from ci_callback.config.routes import is_pattern

if TYPE_CHECKING:
    from ci_callback.config.routes import Route
    from ci_callback.config.template import Template


def extension(made: Template) -> str:
    """Return the end of every key of the template, from its last dot on; "" where that depends on the job."""
    tail, field = made.parts[-1] if made.parts else ("", None)
    return "" if field or "." not in tail else tail[tail.rindex(".") :].lower()


def sample(route: Route, made: Template, bucket: str, key: str) -> str:
    """Return the key of the result of a made-up job on `key`."""
    fixed = {"tag": route.tag, "state": route.state, "result": route.result}
    exact = {name: value for name, value in fixed.items() if not is_pattern(value)}
    names = {**dict.fromkeys(template.FIELDS, "ci-callback-doctor"), "bucket": bucket, **exact}
    return made.render({**names, **template.path_fields(key)})
