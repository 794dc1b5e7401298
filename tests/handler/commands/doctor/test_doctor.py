"""The doctor: silent in a sound cloud, and in one that is broken it says what is wrong and how to mend it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from local.ci.setup import SERVICES, queue, workflow
from local.cos.server import Credentials, LocalCos
from local.faults.requests import Faults
from local.http.message import Response
from local.http.xml import ServiceError
from tests.support.deployment import (
    BUCKET,
    REGION,
    TOKEN,
    Answer,
    Deployment,
    url_event,
)
from tests.support.pages import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.ci.setup import Service
    from local.faults.requests import Asked
    from local.http.message import Request

OTHER = "other-1234567890"
HOST = "1234567890-abcdefghij.ap-chongqing.tencentscf.com"
URL = f"https://{HOST}/{TOKEN}"
FOREIGN = "canary-token-of-somebody-else"
CREDENTIALS = Credentials("AKIDlocal0000000000", "local-secret-key-0000", "local-session-token-0000")

ACTING = '[{"tag":"*","state":"*","write":"{object}.{tag}.json","then":[{"topic":"done"}]}]'
ON = {"State": "On", "Type": "Url", "Event": "TaskFinish,WorkflowFinish", "ResultFormat": "JSON"}


def examine(deployed: Deployment, **options: Any) -> dict[str, Any]:
    """Return the doctor's report, in which nothing secret may be."""
    answer = Answer(deployed.send({"doctor": options}))
    assert answer.status == 200, answer.body
    said = json.dumps(answer.body)
    for secret in (TOKEN, FOREIGN, CREDENTIALS.secret_id, CREDENTIALS.secret_key, CREDENTIALS.token, "q-signature"):
        assert secret not in said
    return answer.body


def findings(report: dict[str, Any], level: str, check: str = "") -> list[dict[str, str]]:
    """Return the findings of a level, and of a check if one is named."""
    found: list[dict[str, str]] = report["findings"]
    return [each for each in found if each["level"] == level and check in {"", each["check"]}]


def objects(cos: LocalCos) -> list[Any]:
    """Return all that lies in any bucket, with every version and every mark of a deletion."""
    return [version for bucket in cos.buckets for version in cos.versions(bucket)]


def denied(*actions: str, below: str = "") -> Callable[[str, str, str], bool]:
    """Return a policy that allows all but these actions, below a prefix."""
    return lambda action, _bucket, key: action not in actions or not key.startswith(below)


# --- sound ------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["plain", "versioned"])
def sound(request: pytest.FixtureRequest) -> Iterator[LocalCos]:
    """Return a sound cloud, without versions and with them."""
    versioned = {BUCKET} if request.param == "versioned" else set()
    buckets = {BUCKET: REGION, OTHER: "ap-guangzhou"}
    with LocalCos(buckets=buckets, credentials=CREDENTIALS, versioned=versioned) as running:
        running.put(BUCKET, "audio/song.mp3", b"song")
        running.put(BUCKET, "ci-callback/dead-letter/2025-03-01/0.json", b"{}")
        running.ci.setups[BUCKET].queues["Media"] = [queue("Media", **ON, Url=URL)]
        media_only = {"State": "On", "Video": "true", "Audio": "true", "AllFile": "false"}
        running.ci.setups[BUCKET].workflows = [workflow("w", "audio/", ExtFilter=media_only)]
        running.secrets.text = f"{FOREIGN},{TOKEN}"
        yield running


def deploy_over(cos: LocalCos, **more: str) -> Deployment:
    """Return a function with settings over a cloud."""
    from ci_callback.function import Function  # noqa: PLC0415 - after conftest has set pydantic's switch

    environ = {
        "BUCKETS": f"{BUCKET}/{REGION}",
        "CALLBACK_TOKENS": TOKEN,
        "COS_ENDPOINT": cos.address,
        "TENCENTCLOUD_APPID": "1234567890",
        "TENCENTCLOUD_REGION": REGION,
        "TENCENTCLOUD_SECRETID": cos.credentials.secret_id,
        "TENCENTCLOUD_SECRETKEY": cos.credentials.secret_key,
        "TENCENTCLOUD_SESSIONTOKEN": cos.credentials.token,
        **more,
    }
    environ = {name: value for name, value in environ.items() if value}
    return Deployment(Function(environ), environ, cos)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({}, {}),
        ({}, {"url": URL}),
        ({}, {"url": f"https://{HOST}?token={TOKEN}", "inputs": "audio/"}),
        ({"VERIFY": "job"}, {}),
        ({"CALLBACK_TOKENS": "", "CALLBACK_SECRET": "ci-callback"}, {"url": URL}),
        ({"BUCKETS": f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou"}, {}),
        ({"ROUTES": '[{"tag":"SoundHound","state":"Success","write":"songs/{stem}.{tag}.json"},'
          '{"tag":"*","state":"*","ignore":true}]'}, {}),
    ],
)  # fmt: skip
def test_a_sound_cloud_gives_no_warning(settings: dict[str, str], options: dict[str, str], sound: LocalCos) -> None:
    """All is right, says the doctor, and leaves the buckets as they were, to the last version."""
    before = objects(sound)
    report = examine(deploy_over(sound, **settings), **options)
    assert findings(report, "warning") + findings(report, "problem") == []
    assert report["ok"] == len(report["findings"]) >= 14
    assert all(each.keys() == {"check", "level", "message"} for each in report["findings"])
    assert objects(sound) == before


@pytest.mark.parametrize("settings", [{}, {"ROUTES": ACTING}], ids=["plain", "with actions"])
def test_the_guides_policy_is_enough(settings: dict[str, str], sound: LocalCos) -> None:
    """With nothing allowed but what deployment.md says, the doctor finds nothing amiss, and can do all it tries."""
    shown = [json.loads(text) for text in blocks("docs/deployment.md", "json")]
    statements = [
        each for block in shown for each in (block if isinstance(block, list) else block.get("statement", [block]))
    ]

    def allows(action: str, bucket: str, key: str) -> bool:
        for statement in statements:
            resource = statement["resource"][0].replace("media-1250000000", bucket).replace("1250000000", "1234567890")
            service = "ci" if action.startswith("ci:") else "cos"
            path = f"bucket/{bucket}/{key}" if service == "ci" else f"{bucket}/{key}"
            pattern = re.escape(resource).replace(r"\*", ".*")
            named = any(re.fullmatch(re.escape(each).replace(r"\*", ".*"), action) for each in statement["action"])
            if named and re.fullmatch(pattern, f"qcs::{service}:{REGION}:uid/1234567890:{path}"):
                return True
        return False

    sound.policy = allows
    report = examine(deploy_over(sound, **settings), url=URL)
    assert findings(report, "warning") + findings(report, "problem") == []
    assert "GetBucketVersioning" in json.dumps(report) or sound.versions(BUCKET)


def test_it_says_so_in_the_log(sound: LocalCos, capsys: pytest.CaptureFixture[str]) -> None:
    """The line has the counts, and WARNING where there is something to mend."""
    deployed = deploy_over(sound)
    examine(deployed)
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["command"], line["warnings"], line["problems"]) == ("INFO", "doctor", 0, 0)
    sound.policy = denied("name/cos:PutObject")
    examine(deployed)
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["problems"]) == ("WARNING", 1)


# --- broken -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """A way in which a cloud is broken, and what the doctor must say of it."""

    check: str
    level: str
    message: str
    fix: str
    settings: dict[str, str] = field(default_factory=dict)
    context: dict[str, int] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    cloud: Callable[[LocalCos], None] = lambda _: None


def refusing(*actions: str, below: str = "") -> Callable[[LocalCos], None]:
    """Return how to deny actions in a cloud."""
    return lambda cos: setattr(cos, "policy", denied(*actions, below=below))


def with_faults(**more: Any) -> Callable[[LocalCos], None]:
    """Return how to change the faults of a cloud."""
    return lambda cos: setattr(cos, "faults", Faults(**more))


def with_queue(**notify: str) -> Callable[[LocalCos], None]:
    """Return how to set up the media queue of a cloud; `queue_state` is its own State."""
    state = notify.pop("queue_state", "Active")

    def set_up(cos: LocalCos) -> None:
        cos.ci.setups[BUCKET].queues["Media"] = [{**queue("Media", **{**ON, **notify}), "State": state}]

    return set_up


def with_workflow(prefix: str, *, state: str = "Active", **start: Any) -> Callable[[LocalCos], None]:
    """Return how to set up a workflow in a cloud."""
    return lambda cos: cos.ci.setups[BUCKET].workflows.append(workflow("识曲", prefix, state=state, **start))


def unbound(cos: LocalCos) -> None:
    """Turn every service of Cloud Infinite off."""
    cos.ci.setups[BUCKET].services.clear()


def moved(cos: LocalCos) -> None:
    """Let the bucket be in another region than BUCKETS says."""
    cos.buckets[BUCKET] = "ap-guangzhou"


def gone(cos: LocalCos) -> None:
    """Let there be no such bucket."""
    del cos.buckets[BUCKET]


def with_other_keys(cos: LocalCos) -> None:
    """Let the role's key be one that COS does not know."""
    cos.credentials = Credentials("AKIDother", "other", "other")


def with_secret(**fields: Any) -> Callable[[LocalCos], None]:
    """Return how to change what Secrets Manager answers."""
    return lambda cos: cos.secrets.__dict__.update(fields)


SECRET = {"CALLBACK_TOKENS": "", "CALLBACK_SECRET": "ci-callback"}
FILTER = {"State": "On", "Video": "true"}
FAILED = '[{"tag":"*","state":"*","write":"failed/{job_id}.json"}]'
CALLING = f"https://example.com/hook/{FOREIGN}"
BROKEN = {
    "token missing": Broken("settings", "problem", "CALLBACK_TOKENS: it is not set", "Example: the output of: python3",
                            settings={"CALLBACK_TOKENS": ""}),
    "routes wrong": Broken("settings", "problem", "ROUTES: it is no JSON", "serverless.yml", settings={"ROUTES": "["}),
    "bucket misspelt": Broken("settings", "problem", "is no bucket/region pair", "media-1250000000/ap-guangzhou",
                              settings={"BUCKETS": "media"}),
    "no role": Broken("role", "problem", "TENCENTCLOUD_SECRETID", "SCF_ROLE", settings={"TENCENTCLOUD_SECRETID": ""}),
    "key refused": Broken("role", "problem", "403 InvalidAccessKeyId", "scf.qcloud.com", cloud=with_other_keys),
    "short of time": Broken("limits", "warning", "is 3 s", "timeout in serverless.yml to 30",
                            context={"time_limit_in_ms": 3000}),
    "short of memory": Broken("limits", "warning", "64 MB", "memorySize", context={"memory_limit_in_mb": 64}),
    "wrong region": Broken("bucket", "problem", f"404 NoSuchBucket for {BUCKET} in {REGION}", "It is in ap-guangzhou.",
                           settings={"TENCENTCLOUD_REGION": "ap-guangzhou"}, cloud=moved),
    "wrong region, unknown": Broken("bucket", "problem", "there it is not", "The console shows", cloud=moved),
    "no bucket": Broken("bucket", "problem", "404 NoSuchBucket", "Correct BUCKETS", cloud=gone),
    "redirected": Broken("bucket", "problem", "301", "Correct BUCKETS", cloud=with_faults(then="301")),
    "COS down": Broken("bucket", "problem", f"503 SlowDown to any request about {BUCKET}", "document 436/7730",
                       cloud=with_faults(then="503", only=lambda asked: asked.service == "cos")),
    "COS out of reach": Broken("bucket", "problem", "cannot be examined", "route to COS",
                               cloud=with_faults(then="reset")),
    "COS breaks off": Broken("bucket", "problem", "cannot be examined", "route to COS",
                             cloud=with_faults(then="reset", only=lambda asked: asked.method == "HEAD")),
    "PutObject denied": Broken("permissions", "problem", "name/cos:PutObject", "Allow name/cos:PutObject for qcs::cos:"
                               f"{REGION}:uid/1234567890:{BUCKET}/ci-callback/dead-letter/*",
                               cloud=refusing("name/cos:PutObject", below="ci-callback/")),
    "PutObject denied for results": Broken("permissions", "warning", "results need it", '{"doctor": {"inputs": ',
                                           cloud=refusing("name/cos:PutObject", below="ci-callback-doctor")),
    "PutObject denied next to inputs": Broken("permissions", "problem", f"PutObject for {BUCKET}/audio/*",
                                              "Allow name/cos:PutObject", options={"inputs": "audio/"},
                                              cloud=refusing("name/cos:PutObject", below="audio/")),
    "PutObject denied in a folder": Broken("permissions", "problem", f"PutObject for {BUCKET}/failed/*",
                                           "Allow name/cos:PutObject",
                                           settings={"ROUTES": FAILED},
                                           cloud=refusing("name/cos:PutObject", below="failed/")),
    "HeadObject denied": Broken("permissions", "problem", "name/cos:HeadObject", "Allow name/cos:HeadObject",
                                cloud=refusing("name/cos:HeadObject")),
    "GetObject denied": Broken("permissions", "warning", "a replay and the sweep need", "Allow name/cos:GetObject",
                               cloud=refusing("name/cos:GetObject")),
    "GetBucket denied": Broken("permissions", "warning", "a replay need", "Allow name/cos:GetBucket",
                               cloud=refusing("name/cos:GetBucket")),
    "GetObject denied, actions": Broken("permissions", "problem", f"GetObject for {BUCKET}/audio/*: actions need it",
                                        f":uid/1234567890:{BUCKET}/audio/* in the role's policy",
                                        settings={"ROUTES": ACTING}, options={"inputs": "audio/"},
                                        cloud=refusing("name/cos:GetObject", below="audio/")),
    "PutObjectCopy denied": Broken("permissions", "warning", f"PutObjectCopy for {BUCKET}/*: actions need it",
                                   '{"doctor": {"inputs": ', settings={"ROUTES": ACTING},
                                   cloud=refusing("name/cos:PutObjectCopy")),
    "DeleteObject denied": Broken("permissions", "warning", "a replay that removes", "Allow name/cos:DeleteObject",
                                  cloud=refusing("name/cos:DeleteObject")),
    "all denied": Broken("permissions", "problem", "name/cos:HeadObject", "Allow name/cos:HeadObject",
                         cloud=lambda cos: setattr(cos, "policy", lambda *_: False)),
    "PUT answered oddly": Broken("permissions", "problem", "500 InternalError to PutObject", "document 436/7730",
                                 cloud=with_faults(then="500", only=lambda asked: asked.method == "PUT")),
    "clock behind": Broken("clock", "warning", "s ahead of the function's. With", "deploy again",
                           cloud=with_faults(skew=300)),
    "clock far behind": Broken("clock", "problem", "s ahead of the function's. Signatures", "deploy again",
                               cloud=with_faults(skew=1200)),
    "clock far ahead": Broken("clock", "problem", "s behind the function's. Signatures", "deploy again",
                              cloud=with_faults(skew=-1200)),
    "clock ahead, signatures refused": Broken("role", "problem", "RequestTimeTooSkewed", "what `clock` says",
                                              cloud=with_faults(skew=-1200)),
    "secret missing": Broken("tokens", "problem", "refuses ci-callback: ResourceNotFound", "ssm:GetSecretValue",
                             settings=SECRET, cloud=with_secret(text=None)),
    "secret denied": Broken("tokens", "problem", "UnauthorizedOperation", "ssm:GetSecretValue", settings=SECRET,
                            cloud=with_secret(code="UnauthorizedOperation")),
    "secret down": Broken("tokens", "problem", "ClientNetworkError", "Until then nobody gets in", settings=SECRET,
                          cloud=with_secret(down=True)),
    "secret without tokens": Broken("tokens", "problem", "does not hold tokens", "holds tokens", settings=SECRET,
                                    cloud=with_secret(text="short")),
    "CI not bound": Broken("ci", "problem", f"not bound to {BUCKET}", "Bind the bucket", cloud=unbound),
    "CI denied": Broken("ci", "warning", "the sweep needs that",
                        f"Allow ci:Describe* for qcs::ci:{REGION}:uid/1234567890:bucket/{BUCKET}/*",
                        cloud=refusing("ci:DescribeMediaJobs")),
    "CI denied, VERIFY": Broken("ci", "problem", "each callback gets 503", "Allow ci:Describe*",
                                settings={"VERIFY": "job"}, cloud=refusing("ci:DescribeMediaJobs")),
    "CI out of reach": Broken("ci", "warning", f"cannot be asked about {BUCKET}", "route to CI",
                              cloud=with_faults(then="reset", only=lambda asked: asked.service == "ci")),
    "queues denied": Broken("queues", "warning", "the media queues", "Allow ci:Describe*",
                            cloud=refusing("ci:DescribeMediaQueues")),
    "queue off": Broken("queues", "warning", "their callbacks are off", "UpdateMediaQueue", options={"url": URL},
                        cloud=with_queue(State="Off", Url=URL)),
    "queue elsewhere": Broken("queues", "warning", "'queue-media-1' of test-1234567890 call elsewhere",
                              "CallBack of its own",
                              options={"url": URL}, cloud=with_queue(Url=CALLING)),
    "queue with another token": Broken("queues", "problem", "gets 401", "one of the tokens", options={"url": URL},
                                       cloud=with_queue(Url=f"https://{HOST}/{FOREIGN}")),
    "queue with another token, no URL given": Broken("queues", "warning", "a function of this account", 'give "url"',
                                                     cloud=with_queue(Url=f"https://{HOST}/{FOREIGN}")),
    "queue by another path": Broken("queues", "warning", "not by the URL that was given", "as given",
                                    options={"url": f"https://{HOST}/release/{TOKEN}"}, cloud=with_queue(Url=URL)),
    "queue without encryption": Broken("queues", "warning", "without encryption", "with https",
                                       cloud=with_queue(Url=URL.replace("https", "http"))),
    "queue without TaskFinish": Broken("queues", "warning", "not for TaskFinish", "with the event TaskFinish",
                                       cloud=with_queue(Url=URL, Event="WorkflowFinish")),
    "queue paused": Broken("queues", "warning", "is paused", "Activate it",
                           cloud=with_queue(Url=URL, queue_state="Paused")),
    "URL with another token": Broken("url", "problem", f"https://{HOST}/… ends with none", "one of the tokens",
                                     options={"url": f"https://{HOST}/{FOREIGN}"}),
    "URL without encryption": Broken("url", "warning", "without encryption", "https", cloud=with_queue(Url=URL),
                                     options={"url": URL.replace("https", "http")}),
    "workflow on everything": Broken("loop", "warning", f"'识曲' of {BUCKET} starts on uploads in the whole bucket",
                                     "restrict it by suffix", cloud=with_workflow("")),
    "workflow on all files": Broken("loop", "warning", "results of route 1, results of route 2", "ExtFilter",
                                    cloud=with_workflow("audio/", ExtFilter={**FILTER, "AllFile": "true"})),
    "workflow on json": Broken("loop", "warning", "results of route 3", "ExtFilter",
                               cloud=with_workflow("a/", ExtFilter={**FILTER, "Custom": "true",
                                                                    "CustomExts": "mp4/json"})),
    "workflow on dead letters": Broken("loop", "warning", "hence on dead letters.", "ExtFilter",
                                       settings={"ROUTES": '[{"tag":"*","state":"*","write":"r/{job_id}.json"}]'},
                                       cloud=with_workflow("ci-callback/", ExtFilter={"State": "Off"})),
    "workflows denied": Broken("loop", "warning", "403 AccessDenied", "or look yourself: Results are uploads",
                               cloud=refusing("ci:DescribeMediaWorkflows")),
    "workflow with another token": Broken("queues", "problem", "The workflow '识曲'", "one of the tokens",
                                          options={"url": URL},
                                          cloud=with_workflow("x/", ExtFilter=FILTER,
                                                              NotifyConfig={**ON, "Url": f"https://{HOST}/{FOREIGN}"})),
    "results among dead letters": Broken("routes", "warning", "Route 1 writes its results below DEAD_LETTER",
                                         "another prefix",
                                         settings={"ROUTES": '[{"tag":"*","state":"*","write":"ci-callback/dead-letter/'
                                                             '{job_id}.json"}]'}),
    "nothing written": Broken("routes", "problem", "No Tag that we know is written", "Add a route",
                              settings={"ROUTES": '[{"tag":"*","state":"*","ignore":true}]'}),
    "Tag misspelt": Broken("routes", "warning", "the Tag 'Soundhound'", "Did you mean SoundHound?",
                           settings={"ROUTES": '[{"tag":"Soundhound","state":"Success","write":"{object}.a.json"},'
                                               '{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'}),
    "State misspelt": Broken("routes", "warning", "the State 'success'", "Did you mean Success?",
                             settings={"ROUTES": '[{"tag":"*","state":"success","write":"{object}.a.json"},'
                                                 '{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_found(
    name: str, cos: LocalCos, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Each way of being broken is told with how to mend it; nothing is left behind, and nothing secret is said."""
    caplog.set_level("DEBUG")
    broken = BROKEN[name]
    cos.put(BUCKET, "audio/song.mp3", b"song")
    deployed = deploy_over(cos, **broken.settings)
    before = objects(cos)
    broken.cloud(cos)
    deployed.context |= broken.context
    report = examine(deployed, **broken.options)
    found = findings(report, broken.level, broken.check)
    assert any(broken.message in each["message"] and broken.fix in each["fix"] for each in found), report
    cos.buckets[BUCKET] = REGION
    assert objects(cos) == before
    said = "".join(capfd.readouterr()) + caplog.text
    for secret in (TOKEN, FOREIGN, CREDENTIALS.secret_id, CREDENTIALS.secret_key, CREDENTIALS.token, "q-signature"):
        assert secret not in said


def test_every_mistake_in_the_settings_is_told(cos: LocalCos) -> None:
    """However many there are, the doctor answers with all of them while every other event gets 500."""
    deployed = deploy_over(cos, BUCKETS="x", CALLBACK_TOKENS="short", VERIFY="yes", TENCENTCLOUD_SECRETID="")
    assert Answer(deployed.send(url_event("{}"))).status == 500
    assert Answer(deployed.send({"sweep": {}})).status == 500
    report = examine(deployed, bucket="x", url=URL)
    assert [each["message"].split(":")[0] for each in findings(report, "problem", "settings")] == [
        "BUCKETS",
        "CALLBACK_TOKENS",
        "VERIFY",
    ]
    assert len(findings(report, "problem", "role")) == 1
    assert findings(report, "warning")[-1]["check"] == "cloud"
    assert cos.requests == []


def test_each_bucket_is_examined_on_its_own(cos: LocalCos) -> None:
    """One that is not there keeps nothing from being said of the others, and `bucket` narrows to one."""
    deployed = deploy_over(cos, BUCKETS=f"gone-1234567890/{REGION},{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    report = examine(deployed)
    assert [each["message"][:20] for each in findings(report, "problem")] == ["COS answers 404 NoSu"]
    assert len(findings(report, "ok", "permissions")) == 2
    assert len(findings(examine(deployed, bucket=OTHER), "ok", "bucket")) == 1


def test_the_time_that_is_left_is_kept_to(cos: LocalCos) -> None:
    """What cannot be examined in time is named; the answer comes before the platform ends the instance."""
    deployed = deploy_over(cos, BUCKETS=f"{BUCKET}/{REGION},{OTHER}/ap-guangzhou")
    deployed.context["time_limit_in_ms"] = 3000
    cos.faults = Faults(latency=0.25)
    report = examine(deployed)
    late = [each for each in findings(report, "warning") if "The time was over" in each["message"]]
    assert OTHER in late[-1]["message"]
    assert "Raise timeout" in late[-1]["fix"]
    assert objects(cos) == []


@pytest.mark.parametrize("below", ["", "ci-callback/"])
def test_what_cannot_be_removed_is_named(below: str, cos: LocalCos) -> None:
    """A probe that the role may write and suddenly not delete is told by its key, so that somebody can."""
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


def test_a_probe_is_named_also_when_cos_goes_away(cos: LocalCos) -> None:
    """COS that is reset from the probe's writing on: what was left is named all the same."""
    cos.faults = Faults(script=["none"] * 3, then="reset", only=lambda asked: asked.service == "cos")
    report = examine(deploy_over(cos))
    (key,) = cos.keys(BUCKET)
    assert key in findings(report, "warning", "bucket")[0]["message"]
    assert "cannot be examined" in findings(report, "problem", "bucket")[0]["message"]


def test_a_cos_that_minds_no_digest_leaves_nothing(cos: LocalCos) -> None:
    """Should the digest not keep an object from being written, it is taken away again."""

    def store_regardless(asked: Asked, request: Request) -> Response | None:
        if not request.header("content-md5"):
            return None
        cos.put(BUCKET, asked.key, request.body)
        return Response(200, (("ETag", '"0"'),))

    cos.intercept = store_regardless
    assert findings(examine(deploy_over(cos)), "warning") == []
    assert objects(cos) == []


def test_a_mark_of_a_deletion_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying to delete leaves a mark in a bucket with versions; what it covers is seen again afterwards."""
    monkeypatch.setattr("secrets.token_hex", lambda _: "0")
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, versioned={BUCKET}) as cos:
        cos.put(BUCKET, "ci-callback/dead-letter/ci-callback-doctor-0.json", b"somebody's")
        before = objects(cos)
        examine(deploy_over(cos))
        assert objects(cos) == before


def test_a_folder_with_actions_is_tried_before_others(cos: LocalCos) -> None:
    """Of many folders only some are tried; those first in which an action needs more, wherever its route stands."""
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
def test_a_bucket_with_versions_needs_more(actions: tuple[str, ...], message: str) -> None:
    """There the function lists versions and takes its own away; where it may not, that is a problem."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, versioned={BUCKET}) as cos:
        cos.policy = lambda action, _bucket, key: action not in actions or key.startswith("ci-callback/")
        report = examine(deploy_over(cos), inputs="audio/")
        assert message in findings(report, "problem", "permissions")[0]["message"]
        assert objects(cos) == []


def test_suspended_versioning_is_told() -> None:
    """COS may overwrite there, and keeps nothing of what it overwrites."""
    with LocalCos(buckets={BUCKET: REGION}, credentials=CREDENTIALS, suspended={BUCKET}) as cos:
        (found,) = findings(examine(deploy_over(cos)), "warning")
    assert found["check"] == "versions"
    assert "Enable versioning again" in found["fix"]


def answering(cos: LocalCos, change: Callable[[Request, Response], Response]) -> None:
    """Let what a cloud answers be changed on its way."""
    real = cos._answer
    cos._server._server.answer = lambda request: change(request, real(request))


def test_a_region_that_cos_names_is_passed_on(cos: LocalCos) -> None:
    """Where COS says in which region the bucket is, so does the doctor."""
    elsewhere = Response(301, (("x-cos-bucket-region", "ap-shanghai"),))
    answering(cos, lambda request, answer: elsewhere if ".cos." in request.header("host") else answer)
    (found,) = findings(examine(deploy_over(cos)), "problem")
    assert "ap-shanghai" in found["fix"]


@pytest.mark.parametrize("service", SERVICES)
def test_services_that_are_off_are_nobodys_fault(service: Service, cos: LocalCos) -> None:
    """A bucket need not have them all: one service is enough."""
    cos.ci.setups[BUCKET].services = {service}
    report = examine(deploy_over(cos))
    assert findings(report, "warning") + findings(report, "problem") == []


def test_queues_of_several_pages_are_all_seen(cos: LocalCos) -> None:
    """The one that calls here may be the twelfth; CI lists ten at a time."""
    silent = [queue("Media") for _ in range(11)]
    cos.ci.setups[BUCKET].queues["Media"] = [*silent, {**queue("Media", **ON, Url=URL), "Name": "the twelfth"}]
    (found,) = findings(examine(deploy_over(cos), url=URL), "ok", "queues")
    assert "'the twelfth'" in found["message"]
    assert f"https://{HOST}/…" in found["message"]


@pytest.mark.parametrize("url", ["", "no url", f"https://user:{FOREIGN}@example.com/x", "https://[::1/x", "ftp://a/b"])
def test_a_queue_with_no_url_at_all_calls_nobody(url: str, cos: LocalCos) -> None:
    """Whatever stands there instead of a URL is not repeated."""
    with_queue(Url=url)(cos)
    (found,) = findings(examine(deploy_over(cos)), "ok", "queues")
    assert found["message"].startswith("No queue")


def test_somebody_elses_callback_is_shown_without_its_secrets(cos: LocalCos) -> None:
    """Of a URL that leads elsewhere no more is told than its host."""
    with_queue(Url=f"https://example.com:8443/{FOREIGN}/{FOREIGN}?key={FOREIGN}#{FOREIGN}")(cos)
    message = [each["message"] for each in findings(examine(deploy_over(cos)), "ok", "queues")]
    assert any("calls https://example.com:8443/…, which is not this function" in each for each in message)


def test_a_workflow_may_call_for_itself(cos: LocalCos) -> None:
    """A workflow with a callback of its own needs no queue that calls, and may tell of the run alone."""
    notify = {"Type": "Url", "Event": "WorkflowFinish", "Url": URL}
    with_workflow("x/", ExtFilter=FILTER, NotifyConfig=notify)(cos)
    report = examine(deploy_over(cos), url=URL)
    assert findings(report, "warning") == []
    assert "in XML" in findings(report, "ok", "queues")[0]["message"]


@pytest.mark.parametrize(
    ("start", "route"),
    [
        ({"state": "Paused"}, "{object}.{tag}.json"),
        ({"ExtFilter": FILTER}, "{object}.{tag}.json"),
        ({"ExtFilter": {**FILTER, "Custom": "true", "CustomExts": "mp3/.flac"}}, "{object}.{tag}.json"),
        ({}, "results/{tag}/{job_id}"),
    ],
)
def test_a_workflow_that_takes_nothing_of_ours_is_no_hazard(start: dict[str, Any], route: str, cos: LocalCos) -> None:
    """Paused, or for other suffixes, or below another prefix."""
    with_workflow("media/", **start)(cos)
    deployed = deploy_over(cos, ROUTES=json.dumps([{"tag": "*", "state": "*", "write": route}]))
    assert findings(examine(deployed), "warning", "loop") == []


def test_a_name_like_no_other_is_taken_at_its_word(cos: LocalCos) -> None:
    """CI adds Tags; only what is nearly one we know is taken for a slip."""
    routes = [{"tag": "Quux", "state": "*", "write": "{object}.q.json"}, {"tag": "*", "state": "*", "ignore": True}]
    report = examine(deploy_over(cos, ROUTES=json.dumps(routes)))
    assert findings(report, "warning", "routes") == []


@pytest.mark.parametrize("listed", [b"<html>", b"<Response><MediaWorkflowList>x</MediaWorkflowList></Response>", b""])
def test_an_answer_of_ci_that_is_none_does_no_harm(listed: bytes, cos: LocalCos) -> None:
    """What cannot be read says nothing, and everything else is examined."""
    cos.intercept = lambda asked, _: Response(200, (), listed) if asked.service == "ci" else None
    assert findings(examine(deploy_over(cos)), "problem") == []


def test_a_workflow_that_is_nothing_but_a_name_does_no_harm(cos: LocalCos) -> None:
    """One without a first node starts on everything, for all that is known."""
    cos.ci.setups[BUCKET].workflows = [{"Name": "odd", "Topology": "text"}]
    (found,) = findings(examine(deploy_over(cos)), "warning")
    assert "'odd'" in found["message"]


def test_an_answer_without_a_date_tells_no_time(cos: LocalCos) -> None:
    """The clocks are compared only where an answer has a date."""

    def undated(_request: Request, answer: Response) -> Response:
        headers = [pair for pair in answer.headers if pair[0] != "Date"]
        return Response(answer.status, (*headers, ("Date", "never")), answer.body)

    answering(cos, undated)
    assert not [each for each in examine(deploy_over(cos))["findings"] if each["check"] == "clock"]


def test_a_context_that_tells_nothing_is_no_matter(cos: LocalCos) -> None:
    """Without limits in the context there is nothing to say of them."""
    deployed = deploy_over(cos)
    reply = deployed.function.handle({"doctor": {}}, None)
    assert findings(json.loads(reply["body"]), "ok", "limits")


# --- who may ask ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "takes an object"),
        ({"urls": URL}, "doctor.urls"),
        ({"url": f"no-url-{FOREIGN}"}, "doctor.url is no URL"),
        ({"bucket": "unlisted-1234567890"}, "doctor.bucket"),
        ({"inputs": 7}, "doctor.inputs"),
    ],
)
def test_unknown_options_get_a_clear_answer(options: Any, said: str, cos: LocalCos) -> None:
    """A wrong option is named, without its value, and nothing is done."""
    answer = Answer(deploy_over(cos).send({"doctor": options}))
    assert (answer.status, answer.body["error"]) == (400, "bad-command")
    assert said in answer.body["detail"]
    assert FOREIGN not in answer.body["detail"]
    assert cos.requests == []


@pytest.mark.parametrize("event", [url_event('{"doctor": {}}'), url_event('{"doctor": {}}', doctor={}, token="")])
def test_nobody_asks_it_by_the_url(event: dict[str, Any], cos: LocalCos) -> None:
    """Over HTTP the words are a body like any other: only who may invoke the function has a doctor."""
    assert "findings" not in Answer(deploy_over(cos).send(event)).body


def test_the_timer_does_not_ask_it(cos: LocalCos) -> None:
    """A timer orders sweeps alone."""
    answer = Answer(deploy_over(cos).send({"Type": "Timer", "Message": '{"doctor": {}}'}))
    assert (answer.status, answer.body["error"]) == (400, "unknown-event")


def test_the_report_is_bounded(cos: LocalCos) -> None:
    """However much CI has to tell, the report stays far below what the platform takes."""
    loud = {**queue("Media", **ON, Url=URL), "Name": "n" * 5000}
    cos.ci.setups[BUCKET].queues["Media"] = [loud] * 60
    cos.ci.setups[BUCKET].workflows = [workflow("w" * 5000, "p" * 5000) for _ in range(60)]
    report = examine(deploy_over(cos))
    assert len(json.dumps(report)) < 300_000


def test_an_odd_refusal_of_ci_is_told(cos: LocalCos) -> None:
    """A code that nobody has documented is passed on."""
    refusal = ServiceError(400, "SomethingNew").response("jobs", "id")
    cos.intercept = lambda asked, _: refusal if asked.service == "ci" else None
    message = " ".join(each["message"] for each in findings(examine(deploy_over(cos)), "warning"))
    assert message.count("400 SomethingNew") >= 3
