"""The generated parts of pages in Chinese: each English text as the code has it, and what it is in Chinese.

A text that changes in the code has none here until somebody has looked at it again. Only what a family of Tags is about
may be missing: the page leaves it out, so that nobody needs Chinese to add a Tag.
"""

from __future__ import annotations

from ci_callback.config import settings
from models.mistake import ModelMistake

TEXTS = {
    ", ": "、",
    # the table of variables: its columns and words, what each variable is
    "variable": "变量",
    "must be set": "必填",
    "default": "默认值",
    "what it is": "说明",
    "what it must be": "取值",
    "yes": "是",
    "no": "否",
    "below": "见下文",
    "{expected}, such as `{example}`": "{expected}，例如 `{example}`",
    "this or `CALLBACK_SECRET`": "与 `CALLBACK_SECRET` 至少设置其一",
    "this or `CALLBACK_TOKENS`": "与 `CALLBACK_TOKENS` 至少设置其一",
    "where a route has `post`": "有路由使用 `post` 时",
    "where results may go": "结果允许写入的存储桶",
    "what opens the callback URL": "访问回调 URL 所需的令牌",
    "where such tokens are kept apart": "另行保管令牌的凭据",
    "what becomes of a job, by its Tag and State": "按任务的 Tag 和 State 决定如何处理",
    "where [dead letters](operation.md#dead-letters) lie": "[死信](operation.md#dead-letters)存放的位置",
    "what the function speaks to in tests": "测试时函数访问的地址",
    "whether CI is asked about a job": "是否向数据万象核实任务",
    "what signs the action `post`": "为动作 `post` 签名的密钥",
    "the lowest level that is logged": "写入日志的最低级别",
    # what each must be, as the function itself says it
    "bucket/region pairs, comma-separated": "“存储桶/地域”，多个之间用英文逗号分隔",
    f"secrets of at least {settings.MIN_TOKEN_LENGTH} characters that need no escaping in a URL, comma-separated": (
        f"至少 {settings.MIN_TOKEN_LENGTH} 个字符、在 URL 中无需转义的随机字符串，多个之间用英文逗号分隔"
    ),
    "the name of a Secrets Manager secret, with its version if it has one": (
        "凭据管理系统中的凭据名称，有版本号的再加上版本号"
    ),
    "a JSON list of routes that ends with a catch-all, or @file.json in the package": (
        "JSON 格式的路由列表，以兜底路由结尾；或 @file.json，即代码包中的文件"
    ),
    f"a key prefix of at most {settings.MAX_PREFIX_BYTES} bytes": f"对象键前缀，最长 {settings.MAX_PREFIX_BYTES} 字节",
    "unset, or an http(s)://host:port that stands in for COS, CI and every other service": (
        "不设置；或 http(s)://host:port 形式的地址，代替 COS、数据万象和其他所有服务"
    ),
    "none, or job to ask CI about every job before its result is written": (
        "none；或 job，即写入结果之前先向数据万象核实每个任务"
    ),
    f"whsec_ and {settings.MIN_SECRET_BYTES} to {settings.MAX_SECRET_BYTES} bytes in base64; "
    "comma-separated while it is changed": (
        f"whsec_ 加上 {settings.MIN_SECRET_BYTES} 到 {settings.MAX_SECRET_BYTES} 字节的 Base64；"
        "更换期间可设置多个，用英文逗号分隔"
    ),
    "DEBUG, INFO, WARNING or ERROR": "DEBUG、INFO、WARNING 或 ERROR",
    # the table of template fields
    "Of a job on `{key}`, which a workflow ran:": "以工作流对 `{key}` 执行的一个任务为例：",
    "field": "字段",
    "value": "值",
    "made from": "来自",
    "the input's key": "输入的对象键",
    "the job": "任务",
    "the whole key": "完整的对象键",
    "its folders; ends with `/`, or is empty": "所在目录，以 `/` 结尾，或为空",
    "what comes behind them": "目录之后的部分",
    "the name without its ending": "不含扩展名的文件名",
    "the ending, with its dot, or empty": "扩展名，含点号，或为空",
    "what kind of job it is": "任务的类型",
    "how it ended": "任务结束时的状态",
    "of a review one of {results}; else empty": "审核的结果，为 {results} 之一；不是审核则为空",
    "CI's id of the job": "数据万象给出的任务 ID",
    "the bucket that its result goes to": "结果写入的存储桶",
    "the queue it ran in, or empty": "执行任务的队列 ID，或为空",
    "the workflow; empty for a job outside one": "工作流 ID；不属于工作流的任务为空",
    "the run of the workflow, or empty": "工作流实例的 ID，或为空",
    "the node of the workflow that the job is, or empty": "任务在工作流中的节点名称，或为空",
    "A result's key that COS would not take (over {most} bytes, `.` or `..` as a segment, control characters) makes "
    "the job a dead letter.": (
        "如果结果的对象键不被 COS 接受（超过 {most} 字节，某一段是 `.` 或 `..`，含有控制字符），该任务成为死信。"
    ),
    # the table of actions
    "action": "动作",
    "options": "选项",
    "what it does": "作用",
    "message at most": "消息上限",
    "starts another SCF function asynchronously": "异步调用另一个云函数",
    "publishes an event on an EventBridge bus (`eb-…`), with `Source` `ci-callback`": (
        "向事件总线 EventBridge 的事件集（`eb-…`）投递事件，`Source` 为 `ci-callback`"
    ),
    "publishes a message to a CMQ topic of TDMQ": "向 TDMQ CMQ 版的主题发布消息",
    "posts to an HTTPS URL, signed with [`WEBHOOK_SECRET`](#webhook_secret)": (
        "POST 到一个 HTTPS URL，以 [`WEBHOOK_SECRET`](#webhook_secret) 签名"
    ),
    "{most} bytes": "{most} 字节",
    "A route has at most {most} actions.": "一条路由最多有 {most} 个动作。",
    # the lists of results: headings, columns, types
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
    # what models/job.py says of the fields of every job
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


def say(text: str) -> str:
    """Return the Chinese of a text; raise ModelMistake where there is none."""
    if text not in TEXTS:
        raise ModelMistake(f"models/generate/chinese.py has no Chinese for: {text}")
    return TEXTS[text]


def about(family: str) -> str:
    """Return in Chinese what a family of Tags is about, "" where nobody has said it yet."""
    return FAMILIES.get(family, "")
