"""Smoke: a job that is submitted to CI, whose callback comes to another instance, whose object is waited for."""

from __future__ import annotations

import json
import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from bodies import body, to_xml
from conftest import BUCKET, REGION, TOKEN, Answer

from local.cos_answers import CosError
from local.http_message import Response
from local.weather import Weather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Deployment

    from local.cos import LocalCos
    from local.http_message import Request

OTHER = "other-1234567890"
OBJECT = "audio/song.mp3"
URL = f"https://1234567890-abcdefghij.ap-chongqing.tencentscf.com/{TOKEN}"
FOREIGN = "canary-token-of-somebody-else"
ASKED = {"bucket": BUCKET, "object": OBJECT, "url": URL}
KEY = f"{OBJECT}.MediaInfo.json"


@dataclass
class StandIn:
    """CI that takes jobs: each ends after a while, as `ends`, and calls back by `deliver`; `orders` are as they came.

    It stands where requests to CI arrive, in the form that `ci_create_media_jobs` of the COS SDK sends.
    """

    cos: LocalCos
    deliver: Callable[[str], object]
    ends: str = "Success"
    runs_s: float = 0.1
    calls_back: bool = True
    orders: list[dict[str, str]] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def answer(self, request: Request, bucket: str, path: str) -> Response | CosError:
        """Return the answer to a request to CI."""
        if request.method != "POST":
            return self.listed(request, bucket, path)
        order = ET.fromstring(request.body)  # noqa: S314  # our own function wrote it
        texts = {each.tag: each.text or "" for each in order.iter()}
        self.orders.append({**texts, "path": path})
        detail = self._detail(texts, len(self.orders))
        self.cos.ci.add(bucket, detail)
        self.threads.append(threading.Thread(target=self._run, args=(bucket, detail)))
        self.threads[-1].start()
        return Response(
            200, (("Content-Type", "application/xml"),), to_xml("Response", {"JobsDetail": detail}).encode()
        )

    def listed(self, request: Request, bucket: str, path: str) -> Response | CosError:
        """Return what the local CI knows."""
        return type(self.cos.ci).answer(self.cos.ci, request, bucket, path)

    def _detail(self, texts: dict[str, str], number: int) -> dict[str, Any]:
        return {
            "Code": "Success",
            "CreationTime": _now(),
            "JobId": f"j{number:031x}",
            "State": "Submitted",
            "Tag": texts["Tag"],
            "Input": {"BucketId": BUCKET, "Object": texts["Object"], "Region": REGION},
            "Operation": {"UserData": texts["UserData"]},
        }

    def _run(self, bucket: str, detail: dict[str, Any]) -> None:
        time.sleep(self.runs_s)
        ended = {
            **detail,
            "State": self.ends,
            "EndTime": _now(),
            "Code": "Success" if self.ends == "Success" else "Bad",
        }
        self.cos.ci.add(bucket, ended)
        if self.calls_back:
            self.deliver(body(ended))


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S%z")


@pytest.fixture
def ci(deploy: Callable[..., Deployment], cos: LocalCos, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """Return a CI that takes jobs, and calls another instance of the function back."""
    cos.put(BUCKET, OBJECT, b"song")
    other = deploy()
    stand_in = StandIn(cos, other.post)
    monkeypatch.setattr(cos.ci, "answer", stand_in.answer)
    yield stand_in
    for thread in stand_in.threads:
        thread.join()


@pytest.fixture
def deployed(deploy: Callable[..., Deployment]) -> Deployment:
    """Return a function with a few seconds of time."""
    deployed = deploy()
    deployed.context["time_limit_in_ms"] = 4000
    return deployed


def smoke(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Return the report, in which nothing secret may be."""
    answer = Answer(deployed.send({"smoke": {**ASKED, **options}}))
    assert answer.status == 200, answer.body
    credentials = deployed.cos.credentials
    for secret in (TOKEN, FOREIGN, credentials.secret_id, credentials.secret_key, credentials.token):
        assert secret not in json.dumps(answer.body)
    return answer.body


def only(report: dict[str, Any], level: str) -> dict[str, str]:
    """Return the one finding of a level."""
    found: dict[str, str]
    (found,) = [each for each in report["findings"] if each["level"] == level]
    return found


def test_a_sound_deployment_gets_its_object(deployed: Deployment, ci: StandIn) -> None:
    """The job is submitted as the SDK would, its object waited for, and each step timed."""
    report = smoke(deployed)
    assert (report["warnings"], report["problems"]) == (0, 0)
    assert (report["bucket"], report["tag"], report["key"]) == (BUCKET, "MediaInfo", KEY)
    assert 0 <= report["submitted_ms"] <= report["ended_ms"] <= report["stored_ms"] < 4000
    assert deployed.result(KEY)["JobId"] == report["job_id"]
    (order,) = ci.orders
    assert order == {
        "path": "jobs",
        "Request": "",
        "Tag": "MediaInfo",
        "Input": "",
        "Object": OBJECT,
        "Operation": "",
        "UserData": "ci-callback smoke",
        "CallBack": URL,
        "CallBackFormat": "JSON",
    }


def test_an_earlier_result_is_not_taken_for_this_ones(deployed: Deployment, ci: StandIn) -> None:
    """A second run waits for its own job's object, which takes the place of the first one's."""
    first = smoke(deployed)
    time.sleep(1)  # CI's times have whole seconds
    ci.runs_s = 0.8
    second = smoke(deployed)
    assert second["stored_ms"] > 800
    assert deployed.result(KEY)["JobId"] == second["job_id"] != first["job_id"]


@pytest.mark.parametrize(
    ("options", "path", "key"),
    [
        ({"tag": "SoundHound", "format": "XML"}, "jobs", f"{OBJECT}.SoundHound.json"),
        ({"tag": "SpeechRecognition"}, "asr_jobs", f"{OBJECT}.SpeechRecognition.json"),
        ({"bucket": "", "object": f"/{OBJECT}"}, "jobs", KEY),
    ],
)
def test_the_options_choose_the_job(
    options: dict[str, str], path: str, key: str, deployed: Deployment, ci: StandIn
) -> None:
    """Another Tag goes to its own path of the API; the only bucket need not be named."""
    assert smoke(deployed, **options)["key"] == key
    assert (ci.orders[0]["path"], ci.orders[0]["CallBackFormat"]) == (path, options.get("format", "JSON"))


def test_the_log_line_tells_the_times(deployed: Deployment, ci: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """As with every command: its counts and names in one line, and no token."""
    report = smoke(deployed)
    assert ci.orders
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (line,) = [line for line in lines if line.get("command") == "smoke"]
    assert line["level"] == "INFO"
    assert {line[name] for name in ("job_id", "key", "stored_ms")} == {
        report[name] for name in ("job_id", "key", "stored_ms")
    }


def test_a_callback_that_does_not_come_is_told(deployed: Deployment, ci: StandIn) -> None:
    """The job has ended and nothing is there: the report says where to look, before the time is over."""
    ci.calls_back = False
    began = time.monotonic()
    found = only(smoke(deployed), "problem")
    assert time.monotonic() - began < 4
    assert found["check"] == "result"
    assert f"{KEY} is not there" in found["says"]
    for clue in ("log", "401", "enableExtranet", "ci-callback/dead-letter/", "sweep"):
        assert clue in found["mend"]


def test_a_job_that_runs_on_is_told(deployed: Deployment, ci: StandIn) -> None:
    """The time is over first; nobody is to blame yet."""
    ci.runs_s = 5
    report = smoke(deployed)
    assert "raise timeout" in only(report, "warning")["mend"]
    assert "ended_ms" not in report


def test_a_job_that_fails_calls_back_too(deployed: Deployment, ci: StandIn) -> None:
    """Its object goes where failures go; the failure itself is a warning."""
    ci.ends = "Failed"
    report = smoke(deployed)
    assert report["key"] == f"{OBJECT}.MediaInfo.failed.json"
    assert "stored_ms" in report
    assert "Failed (Bad)" in only(report, "warning")["says"]


def test_a_failure_that_no_route_writes_is_not_waited_for(deploy: Callable[..., Deployment], ci: StandIn) -> None:
    """There is no object to come, and the report does not wait until the time is over."""
    routes = [
        {"tag": "*", "state": "Success", "write": "{object}.{tag}.json"},
        {"tag": "*", "state": "*", "ignore": True},
    ]
    ci.ends = "Failed"
    began = time.monotonic()
    report = smoke(deploy(ROUTES=json.dumps(routes)))
    assert time.monotonic() - began < 10
    assert [each["check"] for each in report["findings"] if each["level"] == "warning"] == ["job", "result"]


def test_without_the_right_to_look_jobs_up_the_object_tells(deployed: Deployment, ci: StandIn) -> None:
    """The role need not be allowed to ask CI about the job: that its object is there says enough."""
    ci.listed = lambda *_: CosError(403, "AccessDenied")  # type: ignore[method-assign]  # it stands in for a policy
    report = smoke(deployed)
    assert report["problems"] == 0
    assert "stored_ms" in report
    assert "ended_ms" not in report


@pytest.mark.parametrize(
    ("settings", "options", "check", "says"),
    [
        ({}, {"url": f"https://example.com/{FOREIGN}"}, "url", "the callback would get 401"),
        ({}, {"object": "not/there.mp3"}, "object", "no object 'not/there.mp3'"),
        ({"ROUTES": '[{"tag":"*","state":"*","ignore":true}]'}, {}, "route", "Route 1 ignores MediaInfo jobs"),
    ],
)
def test_what_cannot_come_to_an_object_is_not_submitted(
    settings: dict[str, str],
    options: dict[str, str],
    check: str,
    says: str,
    deploy: Callable[..., Deployment],
    ci: StandIn,
) -> None:
    """A job costs money: what is known to stand in its way is told first."""
    found = only(smoke(deploy(**settings), **options), "problem")
    assert found["check"] == check
    assert says in found["says"]
    assert ci.orders == []


def test_with_a_secret_the_callback_itself_tells(deploy: Callable[..., Deployment], ci: StandIn) -> None:
    """What tokens a secret holds is not known before: the job is submitted."""
    assert "stored_ms" in smoke(deploy(CALLBACK_TOKENS="", CALLBACK_SECRET="ci-callback"))
    assert len(ci.orders) == 1


@pytest.mark.parametrize(
    ("refusal", "mend"),
    [
        (CosError(403, "AccessDenied"), f"ci:CreateMediaJobs for qcs::ci:{REGION}:uid/1234567890:bucket/{BUCKET}/*"),
        (CosError(400, "MediaBucketUnBinded"), "Bind the bucket"),
        (CosError(400, "InvalidArgument"), "take another tag"),
        (Response(200, (), b"<html>"), "take another tag"),
        (Response(200, (), b"<Response><JobsDetail><Tag>MediaInfo</Tag></JobsDetail></Response>"), "another tag"),
    ],
)
def test_a_job_that_ci_does_not_take_is_told(
    refusal: Any, mend: str, deployed: Deployment, ci: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the code, and with what is to be done about it."""
    monkeypatch.setattr(ci.cos.ci, "answer", lambda *_: refusal)
    found = only(smoke(deployed), "problem")
    assert found["check"] == "job"
    assert mend in found["mend"]


@pytest.mark.parametrize("service", ["cos", "ci"])
def test_a_cloud_out_of_reach_is_told(service: str, deployed: Deployment, ci: StandIn) -> None:
    """Neither COS nor CI answers: the report says which cannot be told."""
    ci.cos.weather = Weather(then="reset", only=lambda asked: asked.service == service)
    assert "did not answer" in only(smoke(deployed), "problem")["says"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "takes an object"),
        ({}, "smoke.object"),
        ({**ASKED, "bucket": "unlisted-1234567890"}, "smoke.bucket is not in BUCKETS"),
        ({**ASKED, "url": f"no-url-{FOREIGN}"}, "smoke.url is no URL"),
        ({**ASKED, "tag": "a/b"}, "smoke.tag"),
        ({**ASKED, "object": "/"}, "smoke.object is empty"),
        ({**ASKED, "object": "a/../b"}, "smoke.object has a . or .."),
        ({**ASKED, "format": "YAML"}, "smoke.format"),
    ],
)
def test_unknown_options_get_a_clear_answer(options: Any, said: str, deployed: Deployment) -> None:
    """A wrong option is named, without its value, and nothing is done."""
    answer = Answer(deployed.send({"smoke": options}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert said in answer.body["detail"]
    assert FOREIGN not in answer.body["detail"]
    assert deployed.cos.requests == []


def test_of_several_buckets_one_must_be_named(deploy: Callable[..., Deployment]) -> None:
    """Nothing is guessed."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    answer = Answer(deployed.send({"smoke": {"object": OBJECT, "url": URL}}))
    assert answer.body["detail"] == "smoke.bucket is not in BUCKETS."
