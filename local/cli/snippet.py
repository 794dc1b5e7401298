"""The command `snippet`: print the code that gives CI a callback URL, for each kind of job and two SDKs."""

from __future__ import annotations

import json
import re
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple

from local.defaults import BUCKET, CREDENTIALS, REGION

if TYPE_CHECKING:
    from collections.abc import Mapping

_URL = "<the callback URL>"  # in the requests below

# A queue's path in CI's API.
_QUEUES = {
    "media": "queue",
    "workflow": "queue",  # the Start node of a workflow names the queue for media jobs
    "picture": "picqueue",
    "speech": "asrqueue",
    "document": "docqueue",
    "file": "file_queue",
    "ai": "ai_queue",
}
_NOTIFY = {"State": "On", "Type": "Url", "Url": _URL, "Event": "TaskFinish,WorkflowFinish", "ResultFormat": "XML"}


class _Submission(NamedTuple):
    """A request that submits one job with its own callback URL; `call` is that of the SDK for Python."""

    path: str
    call: str
    request: Mapping[str, Any]


def _review(kind: str, given: Any, **conf: Any) -> _Submission:
    # Not the method of each kind: ci_auditing_image_batch of 1.9.44 does not send Async.
    call = f'client.ci_auditing_submit_common(bucket, None, None, "{kind}", **request)'
    return _Submission(f"{kind}/auditing", call, {"Input": given, "Conf": {"Callback": _URL, **conf}})


_SUBMISSIONS = {
    "job": _Submission(
        "jobs",
        "client.ci_create_media_jobs(bucket, request)",
        {"Tag": "SoundHound", "Input": {"Object": "input/test.mp3"}, "Operation": {"UserData": "1"}, "CallBack": _URL},
    ),
    "review-image": _review("image", [{"Object": "input/test.jpg"}], Async=1),
    "review-video": _review(
        "video", {"Object": "input/test.mp4"}, CallbackVersion="Detail", Snapshot={"Mode": "Average", "Count": 10}
    ),
    "review-audio": _review("audio", {"Object": "input/test.mp3"}, CallbackVersion="Detail"),
    "review-text": _review("text", {"Object": "input/test.txt"}, CallbackVersion="Detail"),
    "review-document": _review("document", {"Object": "input/test.docx"}),
    "review-page": _review("webpage", {"Url": "https://www.example.com/"}),
    "virus": _Submission(
        "virus/detect",
        'client.ci_auditing_virus_submit(bucket, request["Input"]["Object"], Callback=request["Conf"]["Callback"])',
        {"Input": {"Object": "input/test.zip"}, "Conf": {"DetectType": "Virus", "Callback": _URL}},
    ),
}

_EXAMPLE = ("media-1250000000", "ap-chongqing")
KINDS = (*_QUEUES, *_SUBMISSIONS)
LANGUAGES = ("python", "node")

_CLIENT = {
    "python": """\
# pip install cos-python-sdk-v5
import os

from qcloud_cos import CosConfig, CosS3Client

config = CosConfig(
    Region=$region,
$options
)
client = CosS3Client(config)
bucket = $bucket
""",
    "node": """\
// npm install cos-nodejs-sdk-v5
const COS = require("cos-nodejs-sdk-v5");

const cos = new COS({
$options
});
const bucket = { Bucket: $bucket, Region: $region };

async function ask(method, path, request) {
  const host = bucket.Bucket + ".ci." + bucket.Region + ".myqcloud.com";
  const answer = await cos.request({
    ...bucket,
    Method: method,
    Key: path,
    Url: "https://" + host + "/" + path,
    Body: request && COS.util.json2xml({ Request: request }),
    ContentType: "application/xml",
  });
  return answer.Response;
}
""",
}
_QUEUE = {
    "python": """
notify = $request
for queue in client.ci_get_media_queue(bucket, UrlPath="/$path")["QueueList"]:
    request = {"Name": queue["Name"], "State": queue["State"], "NotifyConfig": notify}
    client.ci_update_media_queue(bucket, queue["QueueId"], request, UrlPath="/$path/")
    print(queue["QueueId"], notify["Url"])
""",
    "node": """
const notify = $request;

async function main() {
  const { QueueList } = await ask("GET", "$path");
  for (const queue of [].concat(QueueList)) {
    const request = { Name: queue.Name, State: queue.State, NotifyConfig: notify };
    await ask("PUT", "$path/" + queue.QueueId, request);
    console.log(queue.QueueId, notify.Url);
  }
}
main();
""",
}
_SUBMIT = {
    "python": """
request = $request
print($call)
""",
    "node": """
const request = $request;

ask("POST", "$path", request).then((answer) => console.log(JSON.stringify(answer)));
""",
}


def snippet(
    *, kind: str, url: str, language: str, bucket: tuple[str, str] | None = None, cos: str | None = None
) -> int:
    """Print the code for a kind; `cos` is the address of a local COS, through which its requests then go."""
    name, region = bucket or ((BUCKET, REGION) if cos else _EXAMPLE)
    asked = _SUBMISSIONS.get(kind) or _Submission(_QUEUES[kind], "", _NOTIFY)
    of_kind = (_SUBMIT if kind in _SUBMISSIONS else _QUEUE)[language]
    request = json.dumps(asked.request, indent=4 if language == "python" else 2)
    request = re.sub(r"(?<![{\[,])\n(?= *[}\]])", ",\n", request)  # as formatters of both languages write it
    code = Template(_CLIENT[language] + of_kind).substitute(
        # JSON's texts are those of both languages.
        bucket=json.dumps(name),
        region=json.dumps(region),
        options=_local_options(language, cos) if cos else _options(language),
        request=request.replace(json.dumps(_URL), json.dumps(url)),
        path=asked.path,
        call=asked.call,
    )
    print(code.replace('"https://"', '"http://"').replace("import os\n\n", "") if cos else code, end="")
    return 0


def _options(language: str) -> str:
    form = '    {}=os.environ["{}"],' if language == "python" else "  {}: process.env.{},"
    names = {"SecretId": "TENCENTCLOUD_SECRET_ID", "SecretKey": "TENCENTCLOUD_SECRET_KEY"}
    return "\n".join(form.format(*each) for each in names.items())


def _local_options(language: str, cos: str) -> str:
    own = {"SecretId": CREDENTIALS.secret_id, "SecretKey": CREDENTIALS.secret_key}
    if language == "python":
        python = {**own, "Token": CREDENTIALS.token, "Scheme": "http", "Proxies": {"http": cos}}
        return "\n".join(f"    {name}={json.dumps(value)}," for name, value in python.items())
    node = {**own, "SecurityToken": CREDENTIALS.token, "Protocol": "http:", "Proxy": cos}
    return "\n".join(f"  {name}: {json.dumps(value)}," for name, value in node.items())
