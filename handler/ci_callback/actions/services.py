"""The actions that call another service of Tencent Cloud: start a function, publish an event, a message to a topic.

https://cloud.tencent.com/document/product/583/17243 (Invoke), 1359/67705 (PutEvents), 1496/61005 (PublishCmqMsg).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ci_callback.cloud.tencent_api import ApiError, Operation
from ci_callback.errors import ActionRefused, ActionUnavailable, Unavailable

if TYPE_CHECKING:
    from ci_callback.cloud.deadline import Patience
    from ci_callback.cloud.tencent_api import Caller
    from ci_callback.config.then import Action

    from .message import Event

# Bytes: a longer message has the location of the result only. SCF takes 128 KB from asynchronous callers, TDMQ
# 1 MB; CloudEvents guarantees no more than 64 KB, and the envelope needs some of it.
MOST_INVOKE = 128_000
MOST_PUBLISH = 60_000
MOST_TOPIC = 1_000_000

# Passing for these services; Secrets Manager uses the second for secrets that are disabled or deleted.
_TRANSIENT = ("ResourceInsufficient", "ResourceUnavailable")


def send(action: Action, message: Event, caller: Caller, patience: Patience) -> None:
    """Call the action's service once; raise ActionUnavailable or ActionRefused."""
    describe = {"invoke": _invoke, "publish": _publish, "topic": _topic}[action.kind]
    operation, parameters = describe(action, message)
    try:
        caller.call(operation, parameters, patience)
    except Unavailable as error:
        raise ActionUnavailable(f"{action.name} did not answer: {error}") from None
    except ApiError as error:
        if error.is_transient(_TRANSIENT):
            raise ActionUnavailable(f"{action.name} did not answer: {error.code}.") from None
        raise ActionRefused(f"{action.name} is refused: {error.code}.") from None


def _invoke(action: Action, message: Event) -> tuple[Operation, dict[str, Any]]:
    parameters = {
        "FunctionName": action.target,
        "InvocationType": "Event",
        "ClientContext": message.text(MOST_INVOKE),
    }
    options = {"Namespace": action.namespace, "Qualifier": action.qualifier}
    given = {name: value for name, value in options.items() if value}
    return Operation("scf", "2018-04-16", "Invoke"), {**parameters, **given}


def _publish(action: Action, message: Event) -> tuple[Operation, dict[str, Any]]:
    event = {
        "Source": "ci-callback",
        "Id": message.id,
        "Type": message.type,
        "Subject": message.subject,
        "Time": int(message.time.timestamp() * 1000),
        "Region": message.region,
        "Data": message.data(MOST_PUBLISH),
    }
    return Operation("eb", "2021-04-16", "PutEvents"), {"EventBusId": action.target, "EventList": [event]}


def _topic(action: Action, message: Event) -> tuple[Operation, dict[str, Any]]:
    parameters = {"TopicName": action.target, "MsgContent": message.text(MOST_TOPIC)}
    return Operation("tdmq", "2020-02-17", "PublishCmqMsg"), parameters
