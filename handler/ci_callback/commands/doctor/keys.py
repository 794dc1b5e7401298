"""What the keys of results can look like, as far as a template tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ci_callback.config import template

if TYPE_CHECKING:
    from ci_callback.config.routes import Route
    from ci_callback.config.template import Template


def head(made: Template) -> str:
    """Return what every key of the template begins with."""
    return made.parts[0][0].lstrip("/") if made.parts else ""


def extension(made: Template) -> str:
    """Return what every key of the template ends with, from its last dot on; "" where that depends on the job."""
    tail, field = made.parts[-1] if made.parts else ("", None)
    return "" if field or "." not in tail else tail[tail.rindex(".") :].lower()


def sample(route: Route, made: Template, bucket: str, key: str) -> str:
    """Return the key of a result of a job on `key` that no job of CI has."""
    exact = {
        name: value
        for name, value in (("tag", route.tag), ("state", route.state), ("result", route.result))
        if not set(value) & set("*?[")
    }
    names = {**dict.fromkeys(template.FIELDS, "ci-callback-doctor"), "bucket": bucket, **exact}
    return made.render({**names, **template.path_fields(key)})
