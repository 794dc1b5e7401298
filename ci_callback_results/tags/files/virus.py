"""Virus scans."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, ListOf, Text, Time, many, part, sample
from ci_callback_results.job import Result


class Virus(Element):
    """One virus found."""

    file_name: Text = sample("docs/invoice.doc", about="The infected file, if the object is an archive.")
    virus_name: Text = sample("Win32.Trojan.Generic", about="The virus.")


class DetectDetail(Element):
    """The findings."""

    result: ListOf[Virus] = many("The viruses; absent if none was found.")


class VirusDetect(Result):
    """云查毒. https://cloud.tencent.com/document/product/460/63965.

    Neither the callback's body nor its EventName is published; fields as in the query's answer and the Java SDK. The
    Tag is `VirusDetect`.
    """

    API: ClassVar[str] = "virus/detect"

    event_name: Text = part("CI's name of the event; not published.")
    job_id: Text = sample("ss1f0c7d2e17b011ef8a5525400c540df", about="The search's id.")
    state: Text = sample("Success", about="`Success` or `Failed`.")
    creation_time: Time = sample("2025-03-01T09:00:01+0800", about="When the search was submitted.")
    bucket_id: Text = part("The bucket the search belongs to, as name-APPID; only in look-ups.")
    object: Text = sample("in/archive.zip", about="The object's key, if a key was scanned.")
    url: Text = part("The file's URL, if a URL was scanned.")
    suggestion: Text = sample("block", about="`normal`, or `block` if a virus was found.")
    detect_detail: DetectDetail | None = part("The findings.")
