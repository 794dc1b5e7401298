"""Permissions of the role in a bucket: each action that the configuration needs, tried harmlessly.

Where the role may delete, a probe is written and removed. Elsewhere an object is sent with a wrong digest, which COS
refuses (BadDigest) only to a caller who may write: documents 436/7749, 436/7730.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from ci_callback.cloud.cos import VERSION, Request
from ci_callback.commands import resource
from ci_callback.commands.finding import Finding, ok
from ci_callback.errors import StoreError

from . import keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ci_callback.commands.finding import Level
    from ci_callback.commands.inquiry import Answer, Inquiry
    from ci_callback.config.settings import Settings

_CONTENT = b'{"probe": "of ci-callback doctor; to be removed"}'
_MD5_OF_NOTHING = "1B2M2Y8AsgTpgAmY7PhCfg=="

_ANSWERS_TO_THE_ALLOWED = {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
_MAX_FOLDERS = 4

_RESULTS, _VERSIONED, _ACTIONS = "results", "results in a bucket with versions", "actions"


@dataclass
class Trial:
    """Requests to one bucket; `version` is the probe's ("" without versions), `left` the probes not removed."""

    inquiry: Inquiry
    settings: Settings
    bucket: str
    inputs: str
    version: str = ""
    left: list[str] = field(default_factory=list)

    def run(self, *, has_versions: bool) -> Iterator[Finding]:
        """Yield each action that is refused, or that none is. Raise StoreError where COS does not answer."""
        token = secrets.token_hex(8)
        refused = [*self._dead_letters(token)]
        refused += self._results(token, has_versions=has_versions or bool(self.version))
        found = [finding for finding in refused if finding is not None]
        yield from found or [ok("permissions", f"The role may do in {self.bucket} all that this configuration needs.")]

    def _dead_letters(self, token: str) -> Iterator[Finding | None]:
        """Try the actions of dead letters and of a replay."""
        prefix = self.settings.DEAD_LETTER
        key = f"{prefix}ci-callback-doctor-{token}.json"
        gone = self._delete(key)
        yield self._judge(
            "DeleteObject", gone, prefix, "warning", "a replay that removes dead letters, as each timer's,"
        )
        try:
            put = self._put(key, harmless=not gone.is_success)
            self.version = put.headers.get(VERSION, "")
            yield self._judge("PutObject", put, prefix, "problem", "dead letters")
            yield self._judge("HeadObject", self._ask("HEAD", key), prefix, "problem", "dead letters")
            yield self._judge("GetObject", self._ask("GET", key), prefix, "warning", "a replay and the sweep")
        finally:
            if gone.is_success:
                self._remove(key, self.version)
        listed = self._ask("GET", parameters={"prefix": prefix, "max-keys": "1"})
        yield self._judge("GetBucket", listed, prefix, "warning", "a replay")

    def _results(self, token: str, *, has_versions: bool) -> Iterator[Finding | None]:
        """Try the actions of results, in each folder that a route writes to for an input below `inputs`."""
        example = f"{self.inputs}ci-callback-doctor-{token}.mp3"
        folders: dict[str, tuple[str, Level]] = {}
        acting = set()
        for route in self.settings.ROUTES:
            for template in route.write:
                key = keys.sample(route, template, self.bucket, example)
                # without `inputs` the folder is a guess
                is_sure = self.inputs or not template.needs_object
                folders.setdefault(_folder(key), (key, "problem" if is_sure else "warning"))
                if route.then:
                    acting.add(_folder(key))
        # first the folders with actions, which need the most rights
        foremost = sorted(folders.items(), key=lambda item: item[0] not in acting)
        for folder, (key, level) in foremost[:_MAX_FOLDERS]:
            put = self._put(key, harmless=True)
            if put.is_success:  # the digest was not checked
                self._remove(key, put.headers.get(VERSION, ""))
            yield self._judge("PutObject", put, folder, level, _RESULTS)
            yield self._judge("HeadObject", self._ask("HEAD", key), folder, "warning", _RESULTS)
            if folder in acting:
                yield self._judge("GetObject", self._ask("GET", key), folder, level, _ACTIONS)
                yield self._judge("PutObjectCopy", self._copy(key), folder, level, _ACTIONS)
            if has_versions:
                listed = self._ask("GET", parameters={"versions": "", "prefix": key, "max-keys": "1"})
                yield self._judge("GetBucketObjectVersions", listed, folder, level, _VERSIONED)
            if self.version:  # of another key: nothing is deleted
                gone = self._ask("DELETE", key, {"versionId": self.version})
                yield self._judge("DeleteObject", gone, folder, level, _VERSIONED)

    def _ask(
        self,
        method: str,
        key: str = "",
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        return self.inquiry.ask(Request(self.bucket, method, key, parameters or {}, headers or {}, body))

    def _put(self, key: str, *, harmless: bool) -> Answer:
        digest = {"Content-MD5": _MD5_OF_NOTHING} if harmless else {}
        return self._ask("PUT", key, headers={"x-cos-forbid-overwrite": "true", **digest}, body=_CONTENT)

    def _copy(self, key: str) -> Answer:
        """Copy an object that does not exist onto itself; return the answer."""
        region = self.settings.BUCKETS[self.bucket]
        headers = {
            "x-cos-copy-source": f"{self.bucket}.cos.{region}.myqcloud.com/{quote(key)}",
            "x-cos-metadata-directive": "Replaced",
        }
        return self._ask("PUT", key, headers=headers)

    def _delete(self, key: str) -> Answer:
        """Delete an object, and in a bucket with versions the delete marker that this leaves; return the answer."""
        gone = self._ask("DELETE", key)
        if gone.is_success and (marker := gone.headers.get(VERSION, "")):
            self._remove(key, marker)
        return gone

    def _remove(self, key: str, version: str) -> None:
        """Remove a probe, or one version of it; never raise."""
        try:
            gone = self._ask("DELETE", key, {"versionId": version}) if version else self._delete(key)
        except StoreError:
            self.left.append(key)
        else:
            if not gone.is_success:
                self.left.append(key)

    def _judge(self, action: str, answer: Answer, prefix: str, level: Level, need: str) -> Finding | None:
        """Return a finding if the role may not do an action on keys below a prefix.

        COS answers only a permitted request with a missing key or version, or with a wrong digest.
        """
        if answer.is_success or answer.status in _ANSWERS_TO_THE_ALLOWED:
            return None
        where = f"{self.bucket}/{prefix}*"
        if answer.status != HTTPStatus.FORBIDDEN:
            message = f"COS answers {answer.summary} to {action} on {where}."
            fix = "Look the code up in COS's list of errors (document 436/7730)."
            return Finding("permissions", level, message, fix)
        objects = resource.objects(self.settings.BUCKETS[self.bucket], self.bucket, prefix)
        fix = f"Allow name/cos:{action} for {objects} in the role's policy (docs/deployment.md, 1)."
        if need in {_RESULTS, _VERSIONED, _ACTIONS} and not self.inputs:
            fix += ' If no input has that prefix, give theirs: {"doctor": {"inputs": "<prefix>"}}.'
        message = f"The role is not allowed name/cos:{action} for {where}: {need} need it."
        return Finding("permissions", level, message, fix)


def _folder(key: str) -> str:
    head, slash, _ = key.rpartition("/")
    return head + slash
