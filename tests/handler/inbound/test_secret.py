"""Tokens from Secrets Manager, through the real SDK over real HTTP."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from ci_callback.cloud import credentials
from ci_callback.cloud.deadline import Deadline
from ci_callback.cloud.transport import Transport
from ci_callback.errors import Misconfigured
from ci_callback.inbound.secret import Secret
from local.http.message import Response
from tests.support.bodies import body, job
from tests.support.deployment import TOKEN, Answer, deployment_on, url_event

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.services.secrets_manager import SecretsManager
    from tests.support.deployment import Deployment

NEXT_TOKEN = "the-next-token-9876543210"


@pytest.fixture
def manager(cos: LocalCos) -> SecretsManager:
    """Return the Secrets Manager of the local cloud, which holds one token."""
    cos.secrets.text, cos.secrets.message = TOKEN, "secret-canary"
    return cos.secrets


@pytest.fixture
def deployed(deploy: Callable[..., Deployment], manager: SecretsManager) -> Deployment:
    """Return a function whose tokens are in a secret alone."""
    assert manager.asked == []
    return deploy(CALLBACK_TOKENS="", CALLBACK_SECRET="ci-callback/v1")


def post(deployed: Deployment, token: str = TOKEN) -> int:
    """Return the status of a callback with a token."""
    return deployed.post(body(job()), token=token).status


@pytest.mark.parametrize("text", [TOKEN, f"{NEXT_TOKEN},{TOKEN}", f'["{NEXT_TOKEN}", "{TOKEN}"]', f' [ "{TOKEN}" ]\n'])
def test_tokens_of_the_secret_are_accepted(text: str, deployed: Deployment, manager: SecretsManager) -> None:
    """Separated by commas or in a JSON list; during a rotation both the old and the new one."""
    manager.text = text
    assert post(deployed) == 200
    assert post(deployed, NEXT_TOKEN) == (200 if NEXT_TOKEN in text else 401)


def test_secret_is_read_with_the_key_of_the_role(deployed: Deployment, manager: SecretsManager) -> None:
    """The request has the secret's name and version, and the role's key and token."""
    post(deployed)
    ((headers, request),) = manager.asked
    assert request == {"SecretName": "ci-callback", "VersionId": "v1"}
    assert headers["x-tc-action"] == "GetSecretValue"
    assert headers["x-tc-region"] == "ap-chongqing"
    assert headers["x-tc-token"] == deployed.environ["TENCENTCLOUD_SESSIONTOKEN"]
    assert deployed.environ["TENCENTCLOUD_SECRETID"] in headers["authorization"]


def test_current_version_of_the_secret_is_the_default(
    deploy: Callable[..., Deployment], manager: SecretsManager
) -> None:
    """Tokens of the configuration count too."""
    both = deploy(CALLBACK_TOKENS=NEXT_TOKEN, CALLBACK_SECRET="ci-callback")
    assert (post(both), post(both, NEXT_TOKEN)) == (200, 200)
    assert manager.asked[0][1]["VersionId"] == "SSM_Current"


def test_secret_is_read_at_intervals(
    deployed: Deployment, manager: SecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm instance notices a rotation when it reads again."""
    for _ in range(3):
        assert post(deployed) == 200
    assert len(manager.asked) == 1
    monkeypatch.setattr("ci_callback.inbound.secret._FRESH_S", 0)
    deployed.function._secret._ask_again_at = 0  # type: ignore[union-attr]  # the time has passed
    manager.text = NEXT_TOKEN
    assert (post(deployed), post(deployed, NEXT_TOKEN)) == (401, 200)


@pytest.mark.parametrize(
    "trouble",
    [
        {"down": True},
        *({"code": code} for code in ("InternalError", "FailedOperation.AccessKmsError", "LimitExceeded")),
    ],
)
def test_last_tokens_are_kept_while_the_service_is_down(
    trouble: dict[str, Any], deployed: Deployment, manager: SecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a warm instance, for a day; then it answers as a new one."""
    monkeypatch.setattr("ci_callback.inbound.secret._FRESH_S", 0)
    assert post(deployed) == 200
    vars(manager).update(trouble)
    assert (post(deployed), post(deployed, NEXT_TOKEN)) == (200, 401)
    deployed.function._secret._stale_at -= 86_400  # type: ignore[union-attr]  # a day has passed
    assert post(deployed) == 503


@pytest.mark.parametrize(
    "trouble",
    [
        *({"code": code} for code in ("ResourceNotFound", "ResourceUnavailable.ResourceDisabled")),
        *({"code": code} for code in ("UnauthorizedOperation", "AuthFailure.UnauthorizedOperation")),
        {"text": "revoked"},
    ],
)
def test_tokens_end_with_their_secret(
    trouble: dict[str, Any], deployed: Deployment, manager: SecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm instance that learns that the secret is deleted, disabled, denied or empty is as a new one."""
    monkeypatch.setattr("ci_callback.inbound.secret._FRESH_S", 0)
    assert post(deployed) == 200
    vars(manager).update(trouble)
    assert (post(deployed), post(deployed, NEXT_TOKEN)) == (500, 500)
    manager.down = True
    deployed.function._secret._ask_again_at = 0  # type: ignore[union-attr]  # the time has passed
    assert post(deployed) == 503


def test_configured_tokens_do_not_need_the_secret(deploy: Callable[..., Deployment], manager: SecretsManager) -> None:
    """It is asked only about others, and its failure is only theirs."""
    both = deploy(CALLBACK_TOKENS=NEXT_TOKEN, CALLBACK_SECRET="ci-callback")
    manager.text = None
    assert post(both, NEXT_TOKEN) == 200
    assert manager.asked == []
    assert (post(both), post(both, NEXT_TOKEN)) == (500, 200)


def test_public_token_in_a_secret_is_refused(cos: LocalCos, manager: SecretsManager) -> None:
    """Except in a local run, as in CALLBACK_TOKENS."""
    key, deadline = credentials.read(deployment_on(cos).environ), Deadline(time.monotonic() + 9)
    for is_local, text in ((True, TOKEN), (False, NEXT_TOKEN)):
        manager.text = text
        opened = Secret("ci-callback", Transport(cos.address), region="ap-chongqing", is_local=is_local)
        assert opened.tokens(key, deadline) == (text,)
    manager.text = f"{NEXT_TOKEN},{TOKEN}"
    with pytest.raises(Misconfigured) as refused:
        Secret("ci-callback", Transport(cos.address), region="ap-chongqing", is_local=False).tokens(key, deadline)
    assert refused.value.problems[0].endswith("the token of the local cloud, which is public.")


@pytest.mark.parametrize(
    ("trouble", "status", "error"),
    [
        ({"down": True}, 503, "store-unavailable"),
        ({"code": "InternalError.Anything"}, 503, "store-unavailable"),
        ({"code": "RequestLimitExceeded"}, 503, "store-unavailable"),
        ({"code": "ResourceNotFound"}, 500, "misconfigured"),
        ({"code": "UnauthorizedOperation"}, 500, "misconfigured"),
        ({"text": "too-short"}, 500, "misconfigured"),
        ({"text": '["too-short"'}, 500, "misconfigured"),
        pytest.param({"text": "[" * 50_000}, 500, "misconfigured", id="deep"),
        ({"text": "[1, 2]"}, 500, "misconfigured"),
        ({"text": ""}, 500, "misconfigured"),
    ],
)
def test_unreadable_secret_refuses_all_callers(
    trouble: dict[str, Any],
    status: int,
    error: str,
    deployed: Deployment,
    manager: SecretsManager,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A cold instance answers 503 or 500, sends no request to COS and reveals nothing."""
    vars(manager).update(trouble)
    answer = deployed.post(body(job()))
    assert (answer.status, answer.body["error"]) == (status, error)
    assert deployed.cos.requests == []
    log = capsys.readouterr().out
    assert "too-short" not in log
    assert "canary" not in log
    if status == 500:
        assert "CALLBACK_SECRET: " in log


@pytest.mark.parametrize("trouble", [{"down": True}, {"code": "ResourceNotFound"}, {"text": "too-short"}])
def test_failure_is_not_asked_about_again_at_once(
    trouble: dict[str, Any], deployed: Deployment, manager: SecretsManager
) -> None:
    """A flood of callers must not become one of requests; later the secret is read again."""
    vars(manager).update(trouble)
    assert len({post(deployed, token) for token in (TOKEN, NEXT_TOKEN, TOKEN)}) == 1
    assert len(manager.asked) == 1
    vars(manager).update({"down": False, "code": "", "text": TOKEN})
    deployed.function._secret._ask_again_at = 0  # type: ignore[union-attr]  # the time has passed
    assert (post(deployed), post(deployed, NEXT_TOKEN)) == (200, 401)


@pytest.mark.parametrize("token", ["", "short", "x" * 600, "no token of this form", "жетон-жетон-жетон"])
def test_caller_without_a_possible_token_is_refused_unasked(
    token: str, deployed: Deployment, manager: SecretsManager
) -> None:
    """401 comes first, also where the secret cannot be read."""
    manager.down = True
    assert post(deployed, token) == 401
    assert manager.asked == []


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b"[1]",
        b"{}",
        b"null",
        b'{"Response": "x"}',
        b'{"Response": {}}',
        pytest.param(b"[" * 100_000, id="deep"),
    ],
)
@pytest.mark.parametrize("kind", ["text/html", "application/json"])
@pytest.mark.usefixtures("no_gc")
def test_answer_of_another_server_is_transient(
    content: bytes, kind: str, deployed: Deployment, manager: SecretsManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 200 that is not the API's is answered 503."""
    answer = Response(200, (("Content-Type", kind),), content)
    monkeypatch.setattr(manager, "answer", lambda _: answer)
    assert deployed.post(body(job())).status == 503


def test_secret_is_not_read_without_need(deployed: Deployment, manager: SecretsManager) -> None:
    """For a direct Invoke or a wrong method."""
    assert Answer(deployed.send({"body": body(job())})).outcomes == ["written"]
    assert deployed.send(url_event("", httpMethod="GET"))["statusCode"] == 405
    assert manager.asked == []


def test_secret_is_read_in_the_region_of_the_function(
    deploy: Callable[..., Deployment], manager: SecretsManager
) -> None:
    """The platform names it in a variable."""
    moved = deploy(CALLBACK_TOKENS="", CALLBACK_SECRET="ci-callback", TENCENTCLOUD_REGION="ap-shanghai")
    assert post(moved) == 200
    assert json.dumps(manager.asked[0][0]).count("ap-shanghai") == 1


def test_secret_is_in_no_log(
    deployed: Deployment, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither tokens nor the key that reads them, at any log level."""
    caplog.set_level("DEBUG")
    assert post(deployed) == 200
    output = "".join(capfd.readouterr()) + caplog.text
    credentials = deployed.cos.credentials
    for secret in (TOKEN, credentials.secret_id, credentials.secret_key, credentials.token, "TC3-HMAC"):
        assert secret not in output
