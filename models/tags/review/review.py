"""Fields common to content reviews, in both forms of a callback.

Detail is an element like a job's, with its fields in the result object itself. Simple has a few fields in snake_case,
in `data`. The form is chosen with the callback URL; documents and web pages have only Detail. The examples are Detail.
"""

from __future__ import annotations

from models.fields import Element, Integer, ListOf, Text, Time, many, sample


class Headers(Element):
    """The object's own headers, each under its name, such as `x-cos-meta-id`; no list as jobs have it."""


class UserInfo(Element):
    """User information from the submission, echoed."""

    token_id: Text = sample("user-0815")
    """The account."""
    nickname: Text = sample("小明")
    """The display name."""
    device_id: Text = sample("device-0001")
    """The device."""
    app_id: Text = sample("app-0001")
    """The app."""
    room: Text = sample("room-17")
    """The room."""
    ip: Text = sample("192.0.2.17", alias="IP")
    """The IP address."""
    type: Text = sample("comment")
    """The kind of business."""
    receive_token_id: Text = None
    """The account of the receiver of a message."""
    gender: Text = None
    """The gender."""
    level: Text = None
    """The level."""
    role: Text = None
    """The role."""


class ListResult(Element):
    """A hit in one list of accounts."""

    list_type: Integer = sample("1")
    """0 an allow-list, 1 a block-list."""
    list_name: Text = sample("my_blocklist")
    """The list's name."""
    entity: Text = sample("user-0815")
    """The entry that was hit."""


class ListInfo(Element):
    """The hits in lists of accounts."""

    list_results: ListOf[ListResult] = many()
    """The hits."""


class SimpleVerdict(Element):
    """The result of one scene, in the Simple form."""

    hit_flag: Integer = sample(alias="hit_flag")
    """0 nothing, 1 a violation, 2 something suspicious."""
    score: Integer = sample(alias="score")
    """The confidence, 0 to 100; pictures and sounds have it."""
    count: Integer = sample(alias="count")
    """Number of snapshots or sections affected; videos and texts have it."""
    label: Text = sample(alias="label")
    """The finding; a keyword, for sounds and texts."""


class SimpleReview(Element):
    """The Simple form."""

    event: Text = sample(alias="event")
    """CI's name of the event; may be absent."""
    trace_id: Text = sample(alias="trace_id")
    """The review's id: the JobId of one that was submitted."""
    data_id: Text = sample(alias="data_id")
    """Data from the submission, echoed."""
    url: Text = sample(alias="url")
    """The reviewed content."""
    result: Integer = sample(alias="result")
    """0 normal, 1 to be blocked, 2 to be looked at by a human."""
    forbidden_status: Integer = sample(alias="forbidden_status")
    """Handling of the object: 0 unchanged, 1 frozen, 2 moved away."""
    cos_headers: Headers | None = sample(alias="cos_headers")
    """The object's own headers."""
    porn_info: SimpleVerdict | None = sample(alias="porn_info")
    """The result for porn."""
    ads_info: SimpleVerdict | None = sample(alias="ads_info")
    """The result for advertising."""
    illegal_info: SimpleVerdict | None = sample(alias="illegal_info")
    """The result for crime; only for texts."""
    abuse_info: SimpleVerdict | None = sample(alias="abuse_info")
    """The result for abuse; only for texts."""


class Reviewed(Element):
    """Fields common to all reviews."""

    creation_time: Time = sample("2025-03-01T09:00:01+08:00")
    """When the review was submitted."""
    data_id: Text = sample("post-0042")
    """Data from the submission, echoed; at most 512 bytes."""
    url: Text = None
    """The reviewed URL, if a URL was reviewed."""
    bucket_id: Text = sample("media-1250000000")
    """The bucket the review belongs to, as name-APPID."""
    region: Text = sample("ap-guangzhou")
    """Its region."""
    label: Text = sample("Ads")
    """The most severe finding: `Normal`, `Porn`, `Ads` and others."""
    forbid_state: Integer = sample("0")
    """Handling of the object: 0 unchanged, 1 frozen, 2 moved away."""
    cos_headers: Headers | None = None
    """The object's own headers."""
    user_info: UserInfo | None = None
    """User information, echoed."""
    list_info: ListInfo | None = None
    """The hits in lists of accounts."""
