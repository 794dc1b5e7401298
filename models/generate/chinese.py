"""The generated parts of pages in Chinese: each English text as the models have it, and what it is in Chinese.

A text that changes there has none here until somebody has looked at it again, and `make generate` asks for it.
Only what a family of Tags is about may be missing: the page leaves it out, so that nobody needs Chinese to add a Tag.
"""

from __future__ import annotations

# The first sentence of a module of models/: what its Tags are about.
FAMILIES = {
    "A better picture: colors, sharpness, resolution, dynamic range, or people without their background.": (
        "改善画面：色彩、清晰度、分辨率、动态范围，或抠出人像"
    ),
    "Documents reviewed: each page as a picture.": "审核文档：每页作为一张图片",
    "Documents translated.": "翻译文档",
    "Objects searched for viruses.": "检测对象是否带病毒",
    "One medium into several: other containers, single streams, parts by content.": (
        "由一个音视频得到多个：转封装、分离各路流、按内容拆条"
    ),
    "One video out of several parts: joined, filled up, side by side, or the best moments.": (
        "由多段素材得到一个视频：拼接、填充、同屏合成，或精彩片段集锦"
    ),
    "People, animals, cars, faces and number plates found in a video.": "检测视频中的人体、动物、车辆、人脸和车牌",
    "Pictures out of a video: frames, covers, animated pictures.": "由视频得到图片：截帧、封面、动图",
    "Pictures reviewed.": "审核图片",
    "Pictures that hide other files.": "检测夹带其他文件的图片",
    "Singing marked.": "为演唱评分",
    "Sound: voices apart from music, less noise, texts read aloud.": "处理声音：人声与音乐分离、降噪、语音合成",
    "Sounds reviewed.": "审核音频",
    "Speech written down.": "把语音转写成文字",
    "Texts cut into words.": "把文本切分成词",
    "Texts read from pictures.": "识别图片中的文字",
    "Texts reviewed.": "审核文本",
    "Transcoding: a video or audio file in another format.": "转码：把音视频转成其他格式",
    "Videos and live streams reviewed.": "审核视频和直播流",
    "Watermarks, visible and hidden, as jobs of their own.": "单独的水印任务：明水印和数字水印",
    "Web pages reviewed: their pictures and their texts.": "审核网页：其中的图片和文本",
    "What CI does with files of any kind: hashes, archives unpacked and packed.": (
        "处理任意类型的文件：计算哈希值、解压、打包压缩"
    ),
    "What CI makes of documents: previews, watermarks and marks of AI.": "处理文档：预览、水印、AIGC 标识",
    "What CI makes of pictures in a job: pictures processed, and posters composed.": (
        "以任务方式处理图片：图片处理、海报合成"
    ),
    "What a video shows: its subjects, people, places, actions and objects, with times.": (
        "识别视频内容：主题、人物、场景、动作和物体，附出现的时间"
    ),
    "What is known of a medium: its format, its quality, and which known video it resembles.": (
        "音视频自身的信息：格式、质量，以及与哪个已知视频相似"
    ),
    "Which song an audio file holds.": "识别音频中的歌曲",
    "Workflow runs: what CI posts when one begins or ends.": "工作流实例：CI 在其开始或结束时发送的内容",
}

# docs/results.zh-CN.md: its headings, columns and types, then what models/job.py says of each field.
RESULTS = {
    "## Jobs": "## 任务",
    "## Other results": "## 其他结果",
    "## What every job has": "## 任务的公共字段",
    "| Tag | CI calls it | |": "| Tag | CI 中的名称 | |",
    "| field | type | |": "| 字段 | 类型 | |",
    "text": "文本",
    "integer": "整数",
    "time": "时间",
    "object": "对象",
    "list of {}s": "{}列表",
    "A narrower kind of job, for the few Tags that have one.": "任务类型的细分，只有少数 Tag 有",
    "Its name.": "名称",
    "Its region.": "所在地域",
    "Its value.": "头部的值",
    "Per cent; no meaning where State is Failed.": "进度百分比；State 为 Failed 时没有意义",
    "The bucket, as name-APPID.": "存储桶，格式为 BucketName-APPID",
    "The error in words; on success nothing that can be relied on.": "错误描述；任务成功时不要依赖其内容",
    "The format of the document that a PDF was made from; Translation alone has it.": (
        "PDF 由何种格式的文档生成；只有 Translation 有"
    ),
    "The header's name.": "头部的名称",
    "The job's id.": "任务 ID",
    "The job's priority, 0 to 2.": "任务优先级，0 到 2",
    "The key, or a pattern such as `out-${Number}.jpg`.": "对象键，或 `out-${Number}.jpg` 这样的模式",
    "The kind of that queue, where CI says it, such as `Speeching`.": "该队列的类型，CI 给出时才有，例如 `Speeching`",
    "The language of the text; Translation alone has it.": "文本的语言；只有 Translation 有",
    "The node's name in the workflow.": "工作流中的节点名称",
    "The object the job worked on.": "任务的输入对象",
    "The object's format, such as `pdf`; Translation alone has it.": "对象的格式，例如 `pdf`；只有 Translation 有",
    "The object's key.": "对象键",
    "The queue it ran in.": "执行任务的队列 ID",
    "The run.": "工作流实例 ID",
    "The template that was used.": "所用模板的 ID",
    "The workflow run that started the job, if one did.": "触发任务的工作流实例；任务由工作流触发时才有",
    "The workflow.": "工作流 ID",
    "What came with the upload, for a job that a workflow started.": ("随上传请求带来的头部；任务由工作流触发时才有"),
    "What kind of job it is.": "任务类型",
    "What the job was submitted with, echoed; at most 1,024 printable ASCII characters.": (
        "提交任务时的透传信息，原样返回；最多 1,024 个可打印的 ASCII 字符"
    ),
    "What was asked for and what came of it.": "任务的参数和结果",
    "When it began.": "任务开始的时间",
    "When it ended.": "任务结束的时间",
    "When the job was submitted.": "任务提交的时间",
    "Where the job wrote to.": "任务的输出位置",
    "`Success` or `Failed`; jobs looked up before they end may have others.": (
        "`Success` 或 `Failed`；任务结束之前查询到的可能是其他状态"
    ),
    "`Success`, or the error's code; only meaningful where State is Failed.": (
        "`Success` 或错误码；只在 State 为 Failed 时有意义"
    ),
    "`TaskFinish`, or empty: old callbacks have no name.": "`TaskFinish`；旧版回调没有事件名，此时为空",
}


def say(text: str) -> str:
    """Return the Chinese of a text; raise ValueError where there is none."""
    if text not in RESULTS:
        raise ValueError(f"models/generate/chinese.py has no Chinese for: {text}")
    return RESULTS[text]


def about(family: str) -> str:
    """Return in Chinese what a family of Tags is about, "" where nobody has said it yet."""
    return FAMILIES.get(family, "")
