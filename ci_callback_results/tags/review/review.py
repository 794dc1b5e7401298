"""Fields common to content reviews, in both forms of a callback.

Detail is an element like a job's, with its fields in the result object itself. Simple has a few fields in snake_case,
in `data`. The form is chosen with the callback URL; documents and web pages have only Detail. The examples are Detail.
"""

from __future__ import annotations

from ci_callback_results.fields import Element, Integer, ListOf, Text, Time, many, part, sample


class Headers(Element):
    """The object's own headers, each under its name, such as `x-cos-meta-id`; no list as jobs have it."""


class UserInfo(Element):
    """User information from the submission, echoed."""

    token_id: Text = sample("user-0815", about="The account.")
    nickname: Text = sample("小明", about="The display name.")
    device_id: Text = sample("device-0001", about="The device.")
    app_id: Text = sample("app-0001", about="The app.")
    room: Text = sample("room-17", about="The room.")
    ip: Text = sample("192.0.2.17", alias="IP", about="The IP address.")
    type: Text = sample("comment", about="The kind of business.")
    receive_token_id: Text = part("The account of the receiver of a message.")
    gender: Text = part("The gender.")
    level: Text = part("The level.")
    role: Text = part("The role.")


class ListResult(Element):
    """A hit in one list of accounts."""

    list_type: Integer = sample("1", about="0 an allow-list, 1 a block-list.")
    list_name: Text = sample("my_blocklist", about="The list's name.")
    entity: Text = sample("user-0815", about="The entry that was hit.")


class ListInfo(Element):
    """The hits in lists of accounts."""

    list_results: ListOf[ListResult] = many("The hits.")


class SimpleVerdict(Element):
    """The result of one scene, in the Simple form."""

    hit_flag: Integer = sample(alias="hit_flag", about="0 nothing, 1 a violation, 2 something suspicious.")
    score: Integer = sample(alias="score", about="The confidence, 0 to 100; pictures and sounds have it.")
    count: Integer = sample(alias="count", about="Number of snapshots or sections affected; videos and texts have it.")
    label: Text = sample(alias="label", about="The finding; a keyword, for sounds and texts.")


class SimpleReview(Element):
    """The Simple form."""

    event: Text = sample(alias="event", about="CI's name of the event; may be absent.")
    trace_id: Text = sample(alias="trace_id", about="The review's id: the JobId of one that was submitted.")
    data_id: Text = sample(alias="data_id", about="Data from the submission, echoed.")
    url: Text = sample(alias="url", about="The reviewed content.")
    result: Integer = sample(alias="result", about="0 normal, 1 to be blocked, 2 to be looked at by a human.")
    forbidden_status: Integer = sample(
        alias="forbidden_status", about="Handling of the object: 0 unchanged, 1 frozen, 2 moved away."
    )
    cos_headers: Headers | None = sample(alias="cos_headers", about="The object's own headers.")
    porn_info: SimpleVerdict | None = sample(alias="porn_info", about="The result for porn.")
    ads_info: SimpleVerdict | None = sample(alias="ads_info", about="The result for advertising.")
    illegal_info: SimpleVerdict | None = sample(alias="illegal_info", about="The result for crime; only for texts.")
    abuse_info: SimpleVerdict | None = sample(alias="abuse_info", about="The result for abuse; only for texts.")


class Reviewed(Element):
    """Fields common to all reviews."""

    creation_time: Time = sample("2025-03-01T09:00:01+08:00", about="When the review was submitted.")
    data_id: Text = sample("post-0042", about="Data from the submission, echoed; at most 512 bytes.")
    url: Text = part("The reviewed URL, if a URL was reviewed.")
    bucket_id: Text = sample("media-1250000000", about="The bucket the review belongs to, as name-APPID.")
    region: Text = sample("ap-guangzhou", about="Its region.")
    label: Text = sample("Ads", about="The most severe finding: `Normal`, `Porn`, `Ads` and others.")
    forbid_state: Integer = sample("0", about="Handling of the object: 0 unchanged, 1 frozen, 2 moved away.")
    cos_headers: Headers | None = part("The object's own headers.")
    user_info: UserInfo | None = part("User information, echoed.")
    list_info: ListInfo | None = part("The hits in lists of accounts.")
