"""Broken deployments: each has its finding, with a fix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from local.cos.server import Credentials
from local.faults.requests import Faults
from tests.support.deployment import BUCKET, REGION, TOKEN
from tests.support.examination import (
    ACTING,
    FILTER,
    FOREIGN,
    HOST,
    ON,
    SECRETS,
    URL,
    denied,
    deploy_over,
    examine,
    findings,
    objects,
    with_queue,
    with_workflow,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cos.server import LocalCos


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
    """Return a change that denies actions."""
    return lambda cos: setattr(cos, "policy", denied(*actions, below=below))


def with_faults(**more: Any) -> Callable[[LocalCos], None]:
    """Return a change of the faults."""
    return lambda cos: setattr(cos, "faults", Faults(**more))


def with_rules(**more: Any) -> Callable[[LocalCos], None]:
    """Return a change of the lifecycle rule; without any change there is no rule."""
    return lambda cos: cos.lifecycle.update({BUCKET: [{**cos.lifecycle[BUCKET][0], **more}] if more else []})


def unbound(cos: LocalCos) -> None:
    """Turn every service of Cloud Infinite off."""
    cos.ci.setups[BUCKET].services.clear()


def moved(cos: LocalCos) -> None:
    """Move the bucket to another region than that of BUCKETS."""
    cos.buckets[BUCKET] = "ap-guangzhou"


def gone(cos: LocalCos) -> None:
    """Delete the bucket."""
    del cos.buckets[BUCKET]


def with_other_keys(cos: LocalCos) -> None:
    """Replace the key that COS knows."""
    cos.credentials = Credentials("AKIDother", "other", "other")


def with_secret(**fields: Any) -> Callable[[LocalCos], None]:
    """Return a change of the answers of Secrets Manager."""
    return lambda cos: cos.secrets.__dict__.update(fields)


SECRET = {"CALLBACK_TOKENS": "", "CALLBACK_SECRET": "ci-callback"}
FAILED = '[{"tag":"*","state":"*","write":"failed/{job_id}.json"}]'
ONE_KEY = '[{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'
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
    "wrong region, unknown": Broken("bucket", "problem", "the bucket is not there", "The console shows", cloud=moved),
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
    "clock behind": Broken("clock", "warning", "s ahead of the function's. COS will", "deploy again",
                           cloud=with_faults(skew=300)),
    "clock far behind": Broken("clock", "problem", "s ahead of the function's. COS refuses", "deploy again",
                               cloud=with_faults(skew=1200)),
    "clock far ahead": Broken("clock", "problem", "s behind the function's. COS refuses", "deploy again",
                              cloud=with_faults(skew=-1200)),
    "clock ahead, signatures refused": Broken("role", "problem", "RequestTimeTooSkewed", "the finding `clock`",
                                              cloud=with_faults(skew=-1200)),
    "secret missing": Broken("tokens", "problem", "refuses ci-callback: ResourceNotFound", "ssm:GetSecretValue",
                             settings=SECRET, cloud=with_secret(text=None)),
    "secret denied": Broken("tokens", "problem", "UnauthorizedOperation", "ssm:GetSecretValue", settings=SECRET,
                            cloud=with_secret(code="UnauthorizedOperation")),
    "secret down": Broken("tokens", "problem", "could not be reached", "Until then every callback is refused",
                          settings=SECRET,
                          cloud=with_secret(down=True)),
    "secret down beside tokens": Broken("tokens", "problem", "could not be reached",
                                        "Until then a callback without one of CALLBACK_TOKENS is refused",
                                        settings={"CALLBACK_SECRET": "ci-callback"}, cloud=with_secret(down=True)),
    "secret without tokens": Broken("tokens", "problem", "does not hold tokens", "holds tokens", settings=SECRET,
                                    cloud=with_secret(text="short")),
    "CI not bound": Broken("ci", "problem", f"not bound to {BUCKET}", "Bind the bucket", cloud=unbound),
    "CI denied": Broken("ci", "warning", "the sweep needs it",
                        f"Allow ci:Describe* for qcs::ci:{REGION}:uid/1234567890:bucket/{BUCKET}/*",
                        cloud=refusing("ci:DescribeMediaJobs")),
    "CI denied, VERIFY": Broken("ci", "problem", "each callback gets 503", "Allow ci:Describe*",
                                settings={"VERIFY": "job"}, cloud=refusing("ci:DescribeMediaJobs")),
    "CI out of reach": Broken("ci", "warning", f"cannot be examined for {BUCKET}", "route to CI",
                              cloud=with_faults(then="reset", only=lambda asked: asked.service == "ci")),
    "queues denied": Broken("queues", "warning", "list of media queues", "Allow ci:Describe*",
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
    "URL with another token": Broken("url", "problem", f"https://{HOST}/… has no valid token", "one of the tokens",
                                     options={"url": f"https://{HOST}/{FOREIGN}"}),
    "URL without encryption": Broken("url", "warning", "without encryption", "https", cloud=with_queue(Url=URL),
                                     options={"url": URL.replace("https", "http")}),
    "workflow on everything": Broken("loop", "warning", f"'识曲' of {BUCKET} starts on uploads in the whole bucket",
                                     "restrict it by suffix", cloud=with_workflow("")),
    "workflow on all files": Broken("loop", "warning", "results of route 1, results of route 2", "ExtFilter",
                                    cloud=with_workflow("audio/", ExtFilter={**FILTER, "AllFile": "true"})),
    "workflow on json": Broken("loop", "warning", "results of route 4", "ExtFilter",
                               cloud=with_workflow("a/", ExtFilter={**FILTER, "Custom": "true",
                                                                    "CustomExts": "mp4/json"})),
    "workflow on dead letters": Broken("loop", "warning", "hence on dead letters.", "ExtFilter",
                                       settings={"ROUTES": '[{"tag":"*","state":"*","write":"r/{job_id}.json"}]'},
                                       cloud=with_workflow("ci-callback/", ExtFilter={"State": "Off"})),
    "workflows denied": Broken("loop", "warning", "403 AccessDenied", "or check yourself: Results are uploads",
                               cloud=refusing("ci:DescribeMediaWorkflows")),
    "workflow with another token": Broken("queues", "problem", "The workflow '识曲'", "one of the tokens",
                                          options={"url": URL},
                                          cloud=with_workflow("x/", ExtFilter=FILTER,
                                                              NotifyConfig={**ON, "Url": f"https://{HOST}/{FOREIGN}"})),
    "results among dead letters": Broken("settings", "problem", "ROUTES: route 1 writes below DEAD_LETTER",
                                         "serverless.yml",
                                         settings={"ROUTES": '[{"tag":"*","state":"*","write":"ci-callback/dead-letter/'
                                                             '{job_id}.json"}]'}),
    "unsigned": Broken("signatures", "warning", "next to uploads and not signed", "Set RECORD_SECRET",
                       settings={"RECORD_SECRET": ""}),
    "endpoint of a test": Broken("settings", "problem", "COS_ENDPOINT is set: every request", "remove it",
                                 settings={"COS_ENDPOINT": "http://127.0.0.2:9"}),
    "dead letters for ever": Broken("lifecycle", "warning", f"No lifecycle rule of {BUCKET}",
                                    "Add a rule for the prefix ci-callback/dead-letter/", cloud=with_rules()),
    "rule off": Broken("lifecycle", "warning", "No lifecycle rule", "Add a rule", cloud=with_rules(Status="Disabled")),
    "rule that only moves": Broken("lifecycle", "warning", "No lifecycle rule", "Add a rule",
                                   cloud=with_rules(Expiration={})),
    "rule for another prefix": Broken("lifecycle", "warning", "No lifecycle rule", "Add a rule",
                                      cloud=with_rules(Filter={"Prefix": "ci-callback/dead-letter/2025"})),
    "rule for tagged objects": Broken("lifecycle", "warning", "No lifecycle rule", "Add a rule",
                                      cloud=with_rules(Filter={"And": {"Prefix": "", "Tag": {"Key": "a"}}})),
    "lifecycle out of order": Broken("lifecycle", "warning", "COS answers 503 SlowDown to the lifecycle", "Try again",
                                     cloud=with_faults(then="503", only=lambda asked: asked.query == "lifecycle=")),
    "nothing written": Broken("routes", "problem", "No known Tag is written", "Add a route",
                              settings={"ROUTES": '[{"tag":"*","state":"*","ignore":true}]'}),
    "one key for products": Broken("routes", "warning", "Route 1 has one key for all products of an input", "{variant}",
                                   settings={"ROUTES": ONE_KEY}),
    "reviews without a key": Broken("routes", "warning", "Route 1 has no key for reviews of texts", "{digest}",
                                    settings={"ROUTES": ONE_KEY}),
    "live segments under one key": Broken("routes", "warning", "Route 1 has one key for all segments of a live review",
                                          "the state Auditing", settings={"ROUTES": ONE_KEY}),
    "Tag misspelt": Broken("routes", "warning", "the Tag 'Soundhound'", "Did you mean SoundHound?",
                           settings={"ROUTES": '[{"tag":"Soundhound","state":"Success","write":"{object}.a.json"},'
                                               '{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'}),
    "State misspelt": Broken("routes", "warning", "the State 'success'", "Did you mean Success?",
                             settings={"ROUTES": '[{"tag":"*","state":"success","write":"{object}.a.json"},'
                                                 '{"tag":"*","state":"*","write":"{object}.{tag}.json"}]'}),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_deployment_is_found(
    name: str, cos: LocalCos, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is left behind, and no secret is reported or logged."""
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
    logged = "".join(capfd.readouterr()) + caplog.text
    assert not [secret for secret in SECRETS if secret in logged]
