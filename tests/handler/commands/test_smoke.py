"""Smoke: a job is submitted to CI, its callback arrives at another instance, its object is waited for."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from local.ci import results as ci_results
from local.cloud import LocalCloud
from local.defaults import INPUT_KEY
from local.faults.requests import Faults
from local.http.message import Response
from local.scf.server import Invocation
from local.scf.trigger import Trigger
from tests.support.ci_jobs import Receiver
from tests.support.deployment import BUCKET, OTHER_BUCKET, REGION, TOKEN, Answer, Deployment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.ci.worker import Worker
    from local.cos.server import LocalCos
    from local.faults.requests import Fault

OBJECT = "audio/song.mp3"
FOREIGN = "canary-of-a-foreign-token"
KEY = f"{OBJECT}.MediaInfo.json"
ASKED = {"bucket": BUCKET, "object": OBJECT, "url": f"http://127.0.0.1:1/{TOKEN}"}


@pytest.fixture
def ci(cos: LocalCos) -> Worker:
    """Return the local CI at its work, on an object that is there."""
    cos.put(BUCKET, OBJECT, b"song")
    ci_results.entries()  # reading them first takes longer than the function waits for an answer
    return cos.ci.worker


@pytest.fixture
def trigger(deploy: Callable[..., Deployment]) -> Iterator[str]:
    """Return the address of the function's URL, behind which is another instance of it."""
    instance = deploy()

    def invoke(event: Any) -> Invocation:
        return Invocation("", instance.send(event), None, "", None, 0, 128, 0)

    with Trigger("function-url", invoke) as trigger:
        yield trigger.address


@pytest.fixture
def deployed(deploy: Callable[..., Deployment], monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """Return a function with some seconds of time, which looks often."""
    monkeypatch.setattr("ci_callback.commands.smoke._PAUSE_S", 0.02)
    deployed = deploy()
    deployed.context["time_limit_in_ms"] = 8000
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


def orders(deployed: Deployment) -> list[str]:
    """Return the paths at which jobs were submitted to CI."""
    return [each.key for each in deployed.cos.requests if each.method == "POST"]


def test_sound_deployment_gets_its_object(deployed: Deployment, ci: Worker, trigger: str) -> None:
    """Each step is timed."""
    report = smoke(deployed, url=f"{trigger}/{TOKEN}")
    assert (report["warnings"], report["problems"]) == (0, 0), report
    assert (report["bucket"], report["tag"], report["key"]) == (BUCKET, "MediaInfo", KEY)
    assert 0 <= report["submitted_ms"] <= report["ended_ms"] <= report["stored_ms"] < 8000
    stored = deployed.result(KEY)
    assert (stored["JobId"], stored["Operation"]["UserData"]) == (report["job_id"], "ci-callback smoke")
    ci.wait()
    (callback,) = ci.callbacks
    assert (callback.url, callback.form, callback.reply.status) == (f"{trigger}/{TOKEN}", "json", 200)


def test_local_cloud_passes() -> None:
    """In processes of their own: one instance submits and waits, another receives the callback."""
    with LocalCloud(triggers={"function-url": 0}, instances=2) as cloud:
        asked = {"object": INPUT_KEY, "url": f"{cloud.triggers['function-url'].address}/{TOKEN}", "tag": "SoundHound"}
        report = json.loads(cloud.invoke({"smoke": asked}).result["body"])
        assert (report["ok"], report["warnings"], report["problems"]) == (2, 0, 0), report
        assert report["key"] in cloud.listing()


def test_earlier_result_is_not_mistaken_for_this_one(deployed: Deployment, ci: Worker, trigger: str) -> None:
    """The object of a second run replaces that of the first."""
    first = smoke(deployed, url=f"{trigger}/{TOKEN}")
    ci.delay_s = 1
    second = smoke(deployed, url=f"{trigger}/{TOKEN}")
    assert second["stored_ms"] > 900
    assert deployed.result(KEY)["JobId"] == second["job_id"] != first["job_id"]


@pytest.mark.usefixtures("ci")
def test_result_under_a_later_template_is_found(deployed: Deployment, trigger: str) -> None:
    """A foreign object has the first key."""
    deployed.cos.put(BUCKET, KEY, b"mine")
    report = smoke(deployed, url=f"{trigger}/{TOKEN}")
    assert "stored_ms" in report
    assert report["key"].startswith("ci-callback/results/MediaInfo/")


@pytest.mark.parametrize(
    ("options", "path", "key", "form"),
    [
        ({"tag": "SoundHound", "format": "XML"}, "jobs", f"{OBJECT}.SoundHound.json", "xml"),
        ({"tag": "WordsGeneralize"}, "ai_jobs", f"{OBJECT}.WordsGeneralize.json", "json"),
        ({"bucket": "", "object": f"/{OBJECT}"}, "jobs", KEY, "json"),
    ],
)
def test_options_select_the_job(
    options: dict[str, str], path: str, key: str, form: str, deployed: Deployment, ci: Worker, trigger: str
) -> None:
    """A Tag has its own path; the only bucket need not be named."""
    assert smoke(deployed, url=f"{trigger}/{TOKEN}", **options)["key"] == key
    assert orders(deployed) == [path]
    ci.wait()
    assert [callback.form for callback in ci.callbacks] == [form]


def test_log_line_has_the_times(
    deployed: Deployment, ci: Worker, trigger: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no token."""
    report = smoke(deployed, url=f"{trigger}/{TOKEN}")
    ci.wait()
    printed = capsys.readouterr().out
    assert TOKEN not in printed
    (line,) = [line for line in map(json.loads, printed.splitlines()) if line.get("command") == "smoke"]
    assert line["level"] == "INFO"
    for name in ("job_id", "key", "tag", "stored_ms"):
        assert line[name] == report[name]


def test_callback_to_another_address_is_reported(deployed: Deployment, ci: Worker) -> None:
    """The finding names the places to look, before the time is over."""
    deployed.context["time_limit_in_ms"] = 4000
    began = time.monotonic()
    with Receiver() as elsewhere:
        found = only(smoke(deployed, url=f"{elsewhere.address}/{TOKEN}"), "problem")
        ci.wait()
        assert len(elsewhere.received) == 1
    assert time.monotonic() - began < 4
    assert found["check"] == "result"
    assert f"{KEY} does not exist" in found["message"]
    for clue in ("log", "401", "enableExtranet", "ci-callback/dead-letter/", "sweep"):
        assert clue in found["fix"]


def test_job_still_running_is_a_warning(deployed: Deployment, ci: Worker, trigger: str) -> None:
    """The time is over first."""
    deployed.context["time_limit_in_ms"] = 4000
    ci.delay_s = 60
    report = smoke(deployed, url=f"{trigger}/{TOKEN}")
    assert "raise timeout" in only(report, "warning")["fix"]
    assert "ended_ms" not in report


def test_failed_job_has_its_object_too(deployed: Deployment, ci: Worker, trigger: str) -> None:
    """By the route of failures; the failure is a warning."""
    ci.fails = lambda _: True
    report = smoke(deployed, url=f"{trigger}/{TOKEN}")
    assert report["key"] == f"{OBJECT}.MediaInfo.failed.json"
    assert "stored_ms" in report
    code = deployed.result(report["key"])["Code"]
    assert f"Failed ({code})" in only(report, "warning")["message"]


def test_failure_without_a_route_is_not_waited_for(deploy: Callable[..., Deployment], ci: Worker, trigger: str) -> None:
    """The report does not wait for the time limit."""
    ignored = {"tag": "*", "state": "*", "ignore": True}
    routes = [{"tag": "*", "state": "Success", "write": "{object}.{tag}.json"}, ignored]
    ci.fails = lambda _: True
    began = time.monotonic()
    report = smoke(deploy(ROUTES=json.dumps(routes)), url=f"{trigger}/{TOKEN}")
    assert time.monotonic() - began < 10
    assert [each["check"] for each in report["findings"] if each["level"] == "warning"] == ["job", "result"]


def test_role_need_not_be_allowed_to_look_jobs_up(deployed: Deployment, ci: Worker, trigger: str) -> None:
    """The object is proof enough."""
    deployed.cos.policy = lambda action, *_: action != "ci:DescribeMediaJob"
    report = smoke(deployed, url=f"{trigger}/{TOKEN}")
    ci.wait()
    assert report["problems"] == 0
    assert "stored_ms" in report
    assert "ended_ms" not in report


@pytest.mark.parametrize(
    ("settings", "options", "check", "message"),
    [
        ({}, {"url": f"https://example.com/{FOREIGN}"}, "url", "the callback would get 401"),
        ({}, {"object": "not/there.mp3"}, "object", "no object 'not/there.mp3'"),
        ({"ROUTES": '[{"tag":"*","state":"*","ignore":true}]'}, {}, "route", "Route 1 ignores MediaInfo jobs"),
    ],
)
@pytest.mark.usefixtures("ci")
def test_job_without_a_possible_object_is_not_submitted(
    settings: dict[str, str], options: dict[str, str], check: str, message: str, deploy: Callable[..., Deployment]
) -> None:
    """A job is charged."""
    deployed = deploy(**settings)
    found = only(smoke(deployed, **options), "problem")
    assert found["check"] == check
    assert message in found["message"]
    assert orders(deployed) == []


@pytest.mark.usefixtures("ci")
def test_tokens_of_a_secret_are_not_checked(deploy: Callable[..., Deployment], trigger: str) -> None:
    """The job is submitted."""
    deployed = deploy(CALLBACK_TOKENS="", CALLBACK_SECRET="ci-callback")
    assert "stored_ms" in smoke(deployed, url=f"{trigger}/{TOKEN}")


def not_allowed(cos: LocalCos) -> None:
    """Deny the role to submit jobs."""
    cos.policy = lambda action, *_: action != "ci:CreateMediaJobs"


def not_bound(cos: LocalCos) -> None:
    """Turn Cloud Infinite off for the bucket."""
    cos.ci.setups[BUCKET].services.clear()


def answering(content: bytes) -> Callable[[LocalCos], None]:
    """Return how to let CI answer anything with this."""
    return lambda cos: setattr(cos.ci, "answer", lambda *_: Response(200, (), content))


@pytest.mark.parametrize(
    ("broken", "tag", "message", "fix"),
    [
        (not_allowed, "MediaInfo", "403 AccessDenied",
         f"ci:CreateMediaJobs for qcs::ci:{REGION}:uid/1234567890:bucket/{BUCKET}/*"),
        (not_bound, "MediaInfo", "400 MediaBucketUnBinded", "Bind the bucket"),
        (lambda _: None, "Transcode", "400 InvalidArgument", "try another tag"),
        (answering(b"<html>"), "MediaInfo", "200", "another tag"),
        (answering(b"<Response><JobsDetail><Tag>MediaInfo</Tag></JobsDetail></Response>"), "MediaInfo", "200", "tag"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("ci")
def test_job_refused_by_ci_is_reported(
    broken: Callable[[LocalCos], None], tag: str, message: str, fix: str, deployed: Deployment
) -> None:
    """With the code and a fix."""
    broken(deployed.cos)
    found = only(smoke(deployed, tag=tag), "problem")
    assert found["check"] == "job"
    assert message in found["message"]
    assert fix in found["fix"]


@pytest.mark.usefixtures("ci")
@pytest.mark.parametrize("fault", ["reset", "lost-answer", "503", "late"])
def test_job_is_submitted_once_whatever_the_fault(fault: Fault, deployed: Deployment) -> None:
    """A job is charged; the finding warns where its fate is unknown."""
    deployed.cos.faults = Faults([fault], slow=3, only=lambda asked: asked.method == "POST")
    found = only(smoke(deployed), "problem")
    assert deployed.cos.faults.seen == ["POST"]
    assert len(deployed.cos.ci.jobs) <= 1
    assert ("may have been submitted" in found["fix"]) == (fault != "503")


@pytest.mark.parametrize("service", ["cos", "ci"])
@pytest.mark.usefixtures("ci")
def test_unreachable_cloud_is_reported(service: str, deployed: Deployment) -> None:
    """COS or CI."""
    deployed.cos.faults = Faults(then="reset", only=lambda asked: asked.service == service)
    assert "did not answer" in only(smoke(deployed), "problem")["message"]


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ([], "takes an object"),
        ({}, "smoke.object"),
        ({**ASKED, "bucket": "unlisted-1234567890"}, "smoke.bucket is not in BUCKETS"),
        ({**ASKED, "url": f"no-url-{FOREIGN}"}, "smoke.url is no URL"),
        ({**ASKED, "tag": "a/b"}, "smoke.tag"),
        ({**ASKED, "tag": "ReviewImage"}, "smoke.tag: ReviewImage is no job"),
        ({**ASKED, "tag": "Workflow"}, "smoke.tag: Workflow is no job"),
        ({**ASKED, "object": "/"}, "smoke.object is empty"),
        ({**ASKED, "object": "a/../b"}, "smoke.object has a . or .."),
        ({**ASKED, "format": "YAML"}, "smoke.format"),
    ],
)
def test_wrong_option_is_named(options: Any, detail: str, deployed: Deployment) -> None:
    """Without its value; nothing is requested."""
    answer = Answer(deployed.send({"smoke": options}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert detail in answer.body["detail"]
    assert FOREIGN not in answer.body["detail"]
    assert deployed.cos.requests == []


def test_bucket_is_required_if_there_are_several(deploy: Callable[..., Deployment]) -> None:
    """None is guessed."""
    deployed = deploy(BUCKETS=f"{BUCKET}/{REGION},{OTHER_BUCKET}/ap-guangzhou")
    answer = Answer(deployed.send({"smoke": {"object": OBJECT, "url": ASKED["url"]}}))
    assert answer.body["detail"] == "smoke.bucket is not in BUCKETS."
