"""The actions that ask another service of Tencent Cloud: start a function, publish an event, a message to a topic.

https://cloud.tencent.com/document/product/583/17243 (Invoke), 1359/67705 (PutEvents), 1496/61005 (PublishCmqMsg). Each
client is imported only where a route has its action. The package of TDMQ is 3 MB in the layer, and its client does no
more here than the SDK's common one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tencentcloud.common.exception import TencentCloudSDKException

from ci_callback.cloud import tencent_api
from ci_callback.errors import ActionRefused, ActionUnavailable

if TYPE_CHECKING:
    from ci_callback.cloud.tencent_api import Caller
    from ci_callback.config.then import Action

    from .message import Message

# Bytes: beyond it the message has no result in it, only where it is. SCF takes 128 KB from asynchronous callers, TDMQ
# 1 MB; CloudEvents lets nobody count on more than 64 KB, and the envelope needs some of it.
MOST_INVOKE = 128_000
MOST_PUBLISH = 60_000
MOST_TOPIC = 1_000_000

_TRANSIENT = (*tencent_api.TRANSIENT, "ResourceInsufficient", "ResourceUnavailable")


def send(action: Action, message: Message, caller: Caller, timeout_s: float) -> None:
    """Ask the action's service once; raise ActionUnavailable or ActionRefused."""
    do = {"invoke": _invoke, "publish": _publish, "topic": _topic}[action.kind]
    try:
        do(action, message, caller.arguments(timeout_s))
    except TencentCloudSDKException as error:
        code = tencent_api.code_of(error)
        if code.startswith(_TRANSIENT):
            raise ActionUnavailable(f"{action.name} did not answer: {code}.") from None
        raise ActionRefused(f"{action.name} is refused: {code}.") from None


def _invoke(action: Action, message: Message, arguments: Any) -> None:
    from tencentcloud.scf.v20180416.scf_client import ScfClient  # noqa: PLC0415 - only where a route invokes

    parameters = {
        "FunctionName": action.target,
        "InvocationType": "Event",
        "ClientContext": message.text(MOST_INVOKE),
    }
    options = {"Namespace": action.namespace, "Qualifier": action.qualifier}
    given = {name: value for name, value in options.items() if value}
    ScfClient(*arguments).call_json("Invoke", {**parameters, **given})


def _publish(action: Action, message: Message, arguments: Any) -> None:
    from tencentcloud.eb.v20210416.eb_client import EbClient  # noqa: PLC0415 - only where a route publishes

    event = {
        "Source": "ci-callback",
        "Id": message.id,
        "Type": message.type,
        "Subject": message.subject,
        "Time": int(message.time.timestamp() * 1000),
        "Region": message.region,
        "Data": message.data(MOST_PUBLISH),
    }
    parameters = {"EventBusId": action.target, "EventList": [event]}
    EbClient(*arguments).call_json("PutEvents", parameters)


def _topic(action: Action, message: Message, arguments: Any) -> None:
    from tencentcloud.common.common_client import CommonClient  # noqa: PLC0415 - only where a route has a topic

    parameters = {"TopicName": action.target, "MsgContent": message.text(MOST_TOPIC)}
    CommonClient("tdmq", "2020-02-17", *arguments).call_json("PublishCmqMsg", parameters)
