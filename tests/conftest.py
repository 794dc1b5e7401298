"""Fixtures of all tests: a local COS and a function over it, wired by HTTP as on SCF."""

from __future__ import annotations

import functools
import gc
import json
import os
import signal
from types import SimpleNamespace
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, settings

from tests import ROOT

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # as handler/index.py does

from ci_callback.shapes import MODULES
from local.cos.server import LocalCos
from tests.support.deployment import BUCKET, CREDENTIALS, OTHER_BUCKET, REGION, deployment_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.deployment import Deployment

# A shell lets what it runs in the background ignore Ctrl-C, and so would the programs that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

SCHEMAS = ROOT / "schemas"
_READABLE = 1_000_000  # bytes

settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", parent=settings.get_profile("quick"), max_examples=3000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of tests/long."""
    for item in items:
        if item.nodeid.startswith("tests/long/"):
            item.add_marker("long")


@pytest.hookimpl(optionalhook=True)  # mutants are tested without the plugin
def pytest_xdist_auto_num_workers() -> int:
    """Run one more test than there are cores: many wait for another process or for time to pass."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture
def no_gc() -> Iterator[None]:
    """Disable the garbage collector: finalizers of other tests' objects need more stack than is left."""
    gc.disable()
    yield
    gc.enable()


@functools.cache
def schema_of_function(name: str) -> jsonschema_rs.Draft202012Validator:
    """Return the validator of an object or message of the function itself; here it may have no other fields."""
    text = (SCHEMAS / f"function/{name}.json").read_text("utf-8")
    return jsonschema_rs.Draft202012Validator(json.loads(text.replace('Properties": true', 'Properties": false')))


@functools.cache
def schema_of(tag: str) -> jsonschema_rs.Draft202012Validator | None:
    """Return the validator of a Tag's results, None for a Tag without a schema."""
    if tag not in MODULES:
        return None
    return jsonschema_rs.Draft202012Validator(json.loads((SCHEMAS / f"{tag}.json").read_text(encoding="utf-8")))


def assert_valid_dead_letter(content: bytes) -> None:
    """Assert that a dead letter is valid by its schema, if it is not so large that reading it takes long."""
    if len(content) < _READABLE:
        schema_of_function("dead-letter").validate(json.loads(content))


def assert_valid_messages(cos: LocalCos) -> None:
    """Assert that every message of an action is valid by the schema."""
    for each in cos.receivers.arrived:
        message = json.loads(each.content)
        if each.kind == "publish":  # has the data alone, in an event of its own form
            message = {name.lower(): message[name] for name in ("Id", "Type")} | {"data": json.loads(message["Data"])}
            message["timestamp"] = ""
        schema_of_function("message").validate(message)


def assert_valid_results(cos: LocalCos) -> None:
    """Assert that every stored result is valid by the schema of its Tag."""
    for bucket in cos.buckets:
        for key in cos.keys(bucket):
            stored = cos.get(bucket, key)
            if stored.metadata.get("ci-callback", "").startswith("v1 letter content="):
                assert_valid_dead_letter(stored.body)
            if stored.metadata.get("ci-callback", "").startswith("v1 job=") and stored.body.startswith(b"{"):
                one = json.loads(stored.body)
                if (schema := schema_of(one["Tag"])) is not None:
                    schema.validate(one)


@pytest.fixture(autouse=True)
def results_are_valid(request: pytest.FixtureRequest) -> Iterator[None]:
    """Validate every message, dead letter and result in the local COS after each test.

    Objects of a test marked `contradicts_schema` are left out: they have what CI or the function does not document.
    """
    cos = request.getfixturevalue("cos") if "cos" in request.fixturenames else None
    yield
    if isinstance(cos, LocalCos):
        assert_valid_messages(cos)
        if request.node.get_closest_marker("contradicts_schema") is None:
            assert_valid_results(cos)


@pytest.fixture
def cos() -> Iterator[LocalCos]:
    """Return a running local COS with two empty buckets."""
    buckets = {BUCKET: REGION, OTHER_BUCKET: "ap-guangzhou"}
    with LocalCos(buckets=buckets, credentials=CREDENTIALS) as running:
        yield running


def retry_at_once(patch: pytest.MonkeyPatch) -> None:
    """Leave out the waiting between the attempts of a request or an action."""
    patch.setattr("ci_callback.cloud.cos.time", SimpleNamespace(sleep=lambda _: None))
    patch.setattr("ci_callback.actions.run._PAUSE_S", 0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between retries."""
    retry_at_once(monkeypatch)


@pytest.fixture(scope="module")
def hurried_cos() -> Iterator[LocalCos]:
    """Return a COS for a whole module, without waiting between retries."""
    with pytest.MonkeyPatch.context() as patch, LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS) as running:
        retry_at_once(patch)
        yield running


@pytest.fixture
def deploy(cos: LocalCos, hurried: None) -> Callable[..., Deployment]:  # noqa: ARG001
    """Return a function that deploys the handler with settings over the local COS; its retries do not wait."""
    return functools.partial(deployment_on, cos)


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with the default settings."""
    return deploy()
