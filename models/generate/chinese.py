"""The generated parts of pages in Chinese: each English text as the code has it, and what it is in Chinese.

A text that changes in the code has none here until somebody has looked at it again.
"""

from __future__ import annotations

from ci_callback import settings

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
}


def say(text: str) -> str:
    """Return the Chinese of a text; raise ValueError where there is none."""
    if text not in TEXTS:
        raise ValueError(f"models/generate/chinese.py has no Chinese for: {text}")
    return TEXTS[text]
