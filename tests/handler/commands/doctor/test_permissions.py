"""Permissions: harmless tries, which leave nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from local.cos.server import LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from tests.support.deployment import BUCKET, CREDENTIALS, REGION
from tests.support.examination import denied, deploy_over, examine, findings, objects, rewrite_answers

if TYPE_CHECKING:
    from local.faults.requests import Asked
    from local.http.message import Request


@pytest.mark.parametrize("below", ["", "ci-callback/"])
def test_probe_that_cannot_be_removed_is_named(below: str, cos: LocalCos) -> None:
    """The role may write it, and suddenly not delete it."""
    asked: list[str] = []

    def only_once(action: str, _bucket: str, key: str) -> bool:
        asked.append(action)
        return action != "name/cos:DeleteObject" or asked.count(action) == 1 or not key.startswith(below)

    cos.policy = only_once
    report = examine(deploy_over(cos))
    (key,) = cos.keys(BUCKET)
    assert [each["message"] for each in findings(report, "warning", "bucket")] == [
        f"A probe could not be removed from {BUCKET}: {key}"
    ]


def test_probe_is_named_when_cos_becomes_unreachable(cos: LocalCos) -> None:
    """COS resets every connection after the probe was written."""
    cos.faults = Faults(script=["none"] * 3, then="reset", only=lambda asked: asked.service == "cos")
    report = examine(deploy_over(cos))
    (key,) = cos.keys(BUCKET)
    assert key in findings(report, "warning", "bucket")[0]["message"]
    assert "cannot be examined" in findings(report, "problem", "bucket")[0]["message"]


def test_ignored_digest_leaves_no_object(cos: LocalCos) -> None:
    """COS stores it all the same; the doctor removes it."""

    def store_regardless(asked: Asked, request: Request) -> Response | None:
        if not request.header("content-md5"):
            return None
        cos.put(BUCKET, asked.key, request.body)
        return Response(200, (("ETag", '"0"'),))

    cos.intercept = store_regardless
    assert findings(examine(deploy_over(cos)), "warning") == []
    assert objects(cos) == []


def test_delete_marker_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying to delete leaves one in a bucket with versions."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "0")
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, versioned={BUCKET}) as cos:
        cos.put(BUCKET, "ci-callback/dead-letter/ci-callback-doctor-0.json", b"somebody's")
        before = objects(cos)
        examine(deploy_over(cos))
        assert objects(cos) == before


def test_folder_with_actions_is_tried_first(cos: LocalCos) -> None:
    """Only some folders are tried; actions need more permissions."""
    write = '"state":"*","write":"{tag}/{stem}.{tag}.json"'
    plain = [f'{{"tag":"{tag}",{write}}}' for tag in ("Transcode", "Snapshot", "Animation", "Concat")]
    acting = f'{{"tag":"Tts",{write},"then":[{{"topic":"done"}}]}}'
    rest = '{"tag":"*","state":"*","ignore":true}'
    cos.policy = denied("name/cos:PutObjectCopy")
    report = examine(deploy_over(cos, ROUTES=f"[{','.join([*plain, acting, rest])}]"), inputs="audio/")
    (found,) = findings(report, "problem", "permissions")
    assert f"name/cos:PutObjectCopy for {BUCKET}/Tts/*" in found["message"]


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (("name/cos:GetBucketObjectVersions",), "GetBucketObjectVersions"),
        (("name/cos:DeleteObject",), "DeleteObject"),
    ],
)
def test_versioned_bucket_needs_more_permissions(actions: tuple[str, ...], message: str) -> None:
    """The function lists versions there, and deletes its own."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, versioned={BUCKET}) as cos:
        cos.policy = lambda action, _bucket, key: action not in actions or key.startswith("ci-callback/")
        report = examine(deploy_over(cos), inputs="audio/")
        assert message in findings(report, "problem", "permissions")[0]["message"]
        assert objects(cos) == []


def test_suspended_versioning_is_a_warning() -> None:
    """COS may overwrite there, and keeps no copy."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, suspended={BUCKET}) as cos:
        (found,) = findings(examine(deploy_over(cos)), "warning")
    assert found["check"] == "versions"
    assert "Enable versioning again" in found["fix"]


def test_region_named_by_cos_is_reported(cos: LocalCos) -> None:
    """In the header of a redirect."""
    elsewhere = Response(301, (("x-cos-bucket-region", "ap-shanghai"), ("x-cos-request-id", "r")))
    rewrite_answers(cos, lambda request, answer: elsewhere if ".cos." in request.header("host") else answer)
    (found,) = findings(examine(deploy_over(cos)), "problem")
    assert "ap-shanghai" in found["fix"]
