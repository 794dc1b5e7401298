"""Nothing secret is in a log line, a response or an object (guarantee 6)."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from local.faults.requests import Faults
from tests.handler.test_events import NAMES, event
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET, RECORD_SECRET, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos
    from local.faults.requests import Fault
    from tests.support.deployment import Deployment


FAULTS: tuple[Fault, ...] = ("none", "500", "403", "reset", "lost-answer", "301")


@pytest.mark.parametrize(("level", "fault"), [("INFO", "none"), *itertools.product(["DEBUG"], FAULTS)])
def test_no_secret_leaves_the_function(
    level: str,
    fault: Fault,
    deploy: Callable[..., Deployment],
    cos: LocalCos,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither a token nor a key, of any event, with any fault, at any log level."""
    caplog.set_level("DEBUG")
    cos.faults = Faults([fault] * 2)
    deployed = deploy(LOG_LEVEL=level, RECORD_SECRET=RECORD_SECRET)
    deployed.context["time_limit_in_ms"] = 3000
    replies = [deployed.send(event(name)) for name in NAMES]
    replies += [deployed.post(body(job())).reply, deployed.send({"body": "x"})]
    assert cos.faults.met[:2] == [fault] * 2
    output = json.dumps(replies) + "".join(capfd.readouterr()) + caplog.text
    stored = [cos.get(BUCKET, key) for key in cos.keys(BUCKET)]
    output += "".join(object_.body.decode() + json.dumps(dict(object_.metadata)) for object_ in stored)
    credentials = cos.credentials
    for secret in (
        TOKEN,
        RECORD_SECRET,
        credentials.secret_id,
        credentials.secret_key,
        credentials.token,
        "q-signature",
    ):
        assert secret not in output
    assert len(stored) > 10
