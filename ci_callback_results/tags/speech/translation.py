"""Translation of documents."""

from __future__ import annotations

from typing import ClassVar

from ci_callback_results.fields import Element, Text, part, sample
from ci_callback_results.job import Operation


class TranslationParameters(Element):
    """Translation parameters."""

    lang: Text = sample("zh", about="The language to translate into, such as `zh` or `en`.")
    type: Text = sample(
        "docx", about="The format of the translated file, such as `pdf`, `docx`, `pptx`, `xlsx` or `txt`."
    )


class Translation(Operation):
    """翻译. https://cloud.tencent.com/document/product/460/84951.

    The translated file is `Output`. `Input` names the object, its language and its type, but neither bucket nor region.
    """

    API: ClassVar[str] = "ai_jobs"

    translation: TranslationParameters | None = part("Translation parameters.")
