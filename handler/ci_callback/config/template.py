"""Key templates: `{object}.{tag}.json` and a job give the key of a result object."""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import json
import re
import string
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ci_callback.decode.job import Job

# Copied from the input's key; a `/` in them is one of its folders.
PATH_FIELDS = ("object", "dir", "name", "stem", "ext")
FIELDS = (
    *PATH_FIELDS,
    "tag",
    "variant",
    "state",
    "result",
    "job_id",
    "digest",
    "bucket",
    "queue_id",
    "workflow_id",
    "run_id",
    "node",
)

# A template is skipped for a job that lacks any other field.
_MAY_BE_EMPTY = ("dir", "ext", "tag", "variant")

# COS: a key has 1 to 850 bytes in UTF-8. https://cloud.tencent.com/document/product/436/13324
MAX_KEY_BYTES = 850

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # or half a character
_NOT_IN_A_NAME = re.compile(r"[/\x00-\x1f\x7f]")

_SHORT = 8  # hex digits of a hash in a key

# Tags whose result is in the callback itself, so that one input has one. All others make files: `variant`.
_ANSWERED_IN_THE_CALLBACK = {
    "DNA",
    "ExtractDigitalWatermark",
    "FileHashCode",
    "ImageInspect",
    "ImageOCR",
    "MediaInfo",
    "QualityEstimate",
    "SoundHound",
    "SpeechRecognition",
    "SplitVideoParts",
    "VideoTag",
    "VideoTargetRec",
    "VirusDetect",
    "VocalScore",
    "WordsGeneralize",
    "Workflow",
}


_SAMPLES = ("a/b.c", "a/b", "b.c", "b")  # keys of inputs, of every form

# Fields of an output that name its bucket alone.
_OF_BUCKET = {"Bucket", "Region"}


class BadTemplate(ValueError):
    """A text that is no template; the message gives the reason."""


class Template(NamedTuple):
    """A parsed template: alternating literal texts and field names (None after the last literal)."""

    text: str
    parts: tuple[tuple[str, str | None], ...]

    def render(self, values: Mapping[str, str]) -> str:
        """Return the key; it may still break the rules of `key_problem`."""
        key = "".join(literal + (values[field] if field else "") for literal, field in self.parts)
        return key.lstrip("/")

    def missing_field(self, values: Mapping[str, str]) -> str:
        """Return the first field that the template needs and the values lack, or ""."""
        needed = (field for _, field in self.parts if field and field not in _MAY_BE_EMPTY)
        return next((field for field in needed if not values[field]), "")

    @property
    def head(self) -> str:
        """Return the beginning of every key of the template."""
        return self.parts[0][0].lstrip("/") if self.parts else ""

    @property
    def needs_object(self) -> bool:
        """Return whether the key is made from the input's."""
        return any(field in PATH_FIELDS for _, field in self.parts)

    def could_produce(self, key: str) -> bool:
        """Return whether some job could have this key for its result. Now and then true for a key no job could have."""
        last, field = self.parts[-1]
        if not key.startswith(self.head) or not (field or key.endswith(last)):
            return False  # nearly always, and at a tenth of the price
        pattern = "".join(glob.escape(literal) + ("*" if field else "") for literal, field in self.parts)
        return fnmatch.fnmatchcase(key, pattern.lstrip("/"))


@lru_cache(maxsize=64)  # routes share their templates
def parse(text: str) -> Template:
    """Parse a template; raise BadTemplate for an unknown field or form of braces."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise BadTemplate(f"its braces do not match ({error})") from None
    parts = []
    for literal, field, spec, conversion in parsed:
        if spec or conversion:
            raise BadTemplate(f"{{{field}}} takes no format")
        if field is not None and field not in FIELDS:
            raise BadTemplate(f"it has the unknown field {{{field}}}; there are {', '.join(FIELDS)}")
        parts.append((literal, field))
    template = Template(text=text, parts=tuple(parts))
    _refuse_keys(template)
    return template


def _refuse_keys(template: Template) -> None:
    """Refuse a template of which no key can be made, or under which a result can be its own input."""
    keys = [template.render(_sample(key, "1")) for key in _SAMPLES]
    if all(map(key_problem, keys)):
        raise BadTemplate(f"the key of any result {key_problem(keys[0])}")
    for own, key in zip(_SAMPLES, keys, strict=True):
        if key in {own, template.render(_sample(key, "2"))}:  # the result as an input: of its own result, too
            raise BadTemplate("it can produce the key of the job's own input; try {object}.{tag}.json")


def _sample(key: str, number: str) -> dict[str, str]:
    """Return the fields of an invented job. Another job has other ids, but may well have the same Tag and State."""
    own = {"job_id": f"j{number}", "run_id": f"r{number}", "digest": f"d{number}", "variant": ""}
    return {**dict.fromkeys(FIELDS, "x"), **path_fields(key), **own}


def path_fields(key: str) -> dict[str, str]:
    """Return the fields that the input's key gives: `dir` ends with `/` or is empty, `ext` has its dot."""
    folder, slash, name = key.rpartition("/")
    dot = name.rfind(".")
    stem, ext = (name[:dot], name[dot:]) if dot > 0 else (name, "")
    return {"object": key, "dir": folder + slash, "name": name, "stem": stem, "ext": ext}


class Fields(dict[str, str]):
    """The fields of a job with the input `key` in `bucket`; all but the key's are computed when they are needed."""

    def __init__(self, job: Job, bucket: str, key: str) -> None:
        super().__init__(path_fields(key))
        self._job = job
        self._bucket = bucket

    def __missing__(self, name: str) -> str:
        """Return a field that does not depend on the input's key, safe as a part of a key."""
        value = self._bucket if name == "bucket" else _NAMES[name](self._job)
        return _NOT_IN_A_NAME.sub("_", value)


def variant(job: Job) -> str:
    """Return a dot and the hash of the job's output, so that each product of one input has a result of its own.

    Empty for Tags whose result is in the callback itself, and for a job that names no output.
    """
    output = job.element("Operation", "Output")
    if not output.keys() - _OF_BUCKET or not makes_products(job.tag):
        return ""
    # some Tags name several outputs, none of them by Object
    named = [output.get("Bucket", ""), output["Object"]] if output.get("Object") else output
    text = json.dumps(named, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "." + hashlib.sha256(text.encode()).hexdigest()[:_SHORT]


def makes_products(tag: str) -> bool:
    """Return whether jobs of a Tag make objects, of which one input can have several."""
    return tag not in _ANSWERED_IN_THE_CALLBACK and not tag.startswith("Review")


_NAMES: dict[str, Callable[[Job], str]] = {
    "tag": lambda job: job.tag,
    "variant": variant,
    "state": lambda job: job.state,
    "result": lambda job: job.result,
    "job_id": lambda job: job.job_id or job.digest[:32],
    "digest": lambda job: job.digest[:_SHORT],
    "queue_id": lambda job: job.queue_id,
    "workflow_id": lambda job: job.node.get("WorkflowId", ""),
    "run_id": lambda job: job.node.get("RunId", ""),
    "node": lambda job: job.node.get("Name", ""),
}


def key_problem(key: str) -> str:
    """Return the reason why a text cannot be an object's key, as a clause, or ""."""
    if not key:
        return "is empty"
    if _CONTROL.search(key):
        return "has a control character"
    if len(key.encode()) > MAX_KEY_BYTES:
        return f"is longer than {MAX_KEY_BYTES} bytes"
    if {".", ".."} & set(key.split("/")):
        return "has a . or .. as a path segment"
    return ""
