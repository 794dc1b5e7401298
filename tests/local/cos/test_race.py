"""A race at a free key that both puts win, played by the local COS, and its recovery by a resend or by the sweep."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from qcloud_cos import CosServiceError

from local.cos.server import LocalCos
from local.faults.requests import Faults
from tests.support.bodies import body, job
from tests.support.deployment import BUCKET
from tests.support.sdk_client import CREDENTIALS, REGION, error_of, sdk, session_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from qcloud_cos import CosS3Client

    from tests.support.deployment import Deployment

ROUTES = json.dumps(
    [
        {"tag": "*", "state": "Success", "write": ["{object}.{tag}.json", "results/{tag}/{job_id}.json"]},
        {"tag": "*", "state": "*", "ignore": True},
    ]
)
KEY = "in/a.mov.SoundHound.json"


def put(client: CosS3Client, content: bytes) -> Any:
    """Put an object if it is absent."""
    return client.put_object(Bucket=BUCKET, Key="a", Body=content, Metadata={"x-cos-forbid-overwrite": "true"})


def test_both_puts_of_a_race_succeed_and_the_last_wins() -> None:
    """A second after the first put the key is taken, even for a request that meets the fault."""
    ahead = [0.0]
    with (
        LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, clock=lambda: time.time() + ahead[0]) as cos,
        session_to(cos.address) as session,
    ):
        cos.faults = Faults(["none", "race", "race"])
        put(sdk(session), b"first")
        put(sdk(session), b"last")
        assert cos.get(BUCKET, "a").body == b"last"
        ahead[0] = 2
        with pytest.raises(CosServiceError) as error:
            put(sdk(session), b"late")
        assert error_of(error) == (409, "FileAlreadyExists")
        assert cos.get(BUCKET, "a").body == b"last"


def ended(number: int, **fields: Any) -> dict[str, Any]:
    """Return a job that ended at this second."""
    source = {"BucketId": BUCKET, "Region": REGION, "Object": "in/a.mov"}
    time = f"2025-03-01T09:00:{number:02}+0800"
    return job(**{"JobId": f"j{number}", "EndTime": time, "Input": source, **fields})


@pytest.mark.parametrize("recovery", ["resend", "sweep"])
def test_older_result_that_wins_a_race_is_replaced(recovery: str, deploy: Callable[..., Deployment]) -> None:
    """Both callbacks are answered 200; a resend of the newer one, or the next sweep, restores its result."""
    deployed = deploy(ROUTES=ROUTES)
    older, newer = ended(10), ended(20)
    deployed.cos.faults = Faults(["none", "race"])
    assert [deployed.post(body(each)).outcomes for each in (newer, older)] == [["written"], ["written"]]
    assert deployed.result(KEY)["JobId"] == "j10"
    if recovery == "resend":
        assert deployed.post(body(newer)).outcomes == ["written"]
    else:
        for each in (older, newer):
            deployed.cos.ci.add(BUCKET, {**each, "CreationTime": None})
        deployed.send({"sweep": {"tags": ["SoundHound"]}})
    assert deployed.result(KEY)["JobId"] == "j20"


def test_result_lost_to_another_in_a_race_gets_the_next_key(deploy: Callable[..., Deployment]) -> None:
    """Two inputs share the first key of their route: a resend of the loser finds it taken."""
    routes = [
        {"tag": "*", "state": "Success", "write": ["{dir}{tag}/last.json", "results/{tag}/{job_id}.json"]},
        {"tag": "*", "state": "*", "ignore": True},
    ]
    deployed = deploy(ROUTES=json.dumps(routes))
    first, last = ended(10), ended(20, Input={"BucketId": BUCKET, "Region": REGION, "Object": "in/b.mov"})
    deployed.cos.faults = Faults(["none", "race"])
    assert [deployed.post(body(each)).outcomes for each in (first, last)] == [["written"], ["written"]]
    assert deployed.result("in/SoundHound/last.json")["JobId"] == "j20"
    assert deployed.post(body(first)).outcomes == ["written"]
    assert deployed.result("in/SoundHound/last.json")["JobId"] == "j20"
    assert deployed.result("results/SoundHound/j10.json")["JobId"] == "j10"
