// The texts of the page in both languages. Messages of the function and the local cloud are not translated.

export const STRINGS = {
  en: {
    "language.other": "中文",
    "theme.auto": "Theme: system",
    "theme.light": "Theme: light",
    "theme.dark": "Theme: dark",
    "close": "Close",
    "live.on": "live",
    "live.off": "the local cloud has ended",
    "send.title": "Send an event",
    "send.kind": "Kind of event",
    "send.recorded": "Recorded",
    "send.generated": "Generated",
    "send.button": "Send",
    "send.sent": "Sent.",
    "field.event": "Event",
    "field.tag": "Tag",
    "field.state": "State",
    "field.format": "Format",
    "field.trigger": "Trigger",
    "field.seed": "Seed",
    "field.mutate": "Mutation",
    "mutate.none": "none",
    "group.function-url": "Function URL",
    "group.apigw": "API Gateway",
    "group.other": "Other triggers and commands",
    "group.tags": "One for each Tag",
    "faults.title": "Faults between function and COS",
    "faults.none": "None",
    "faults.flaky": "Flaky",
    "faults.own": "Custom",
    "faults.apply": "Apply",
    "deliveries.title": "Deliveries",
    "deliveries.empty": "None yet. Send an event, or POST one to the function's address.",
    "column.time": "Time",
    "column.trigger": "Trigger",
    "column.tag": "Tag",
    "column.state": "State",
    "column.outcome": "Outcome",
    "column.ms": "ms",
    "column.status": "Status",
    "running": "running",
    "bucket.title": "Bucket",
    "bucket.left_out": "{n} more keys are not shown.",
    "delivery.title": "Delivery {n}",
    "delivery.objects": "Objects",
    "delivery.request": "Request",
    "delivery.event": "Event",
    "delivery.reply": "Reply",
    "delivery.log": "Log",
    "delivery.report": "Report",
    "delivery.headers": "Headers",
    "delivery.nothing": "empty",
    "object.size": "Size",
    "object.type": "Type",
    "object.metadata": "Metadata",
    "object.dead_letter": "Kept body",
    "object.binary": "Binary, not shown.",
    "left_out": "{n} more characters are not shown.",
  },
  zh: {
    "language.other": "English",
    "theme.auto": "外观：跟随系统",
    "theme.light": "外观：浅色",
    "theme.dark": "外观：深色",
    "close": "关闭",
    "live.on": "实时",
    "live.off": "本地云已停止",
    "send.title": "发送事件",
    "send.kind": "事件类型",
    "send.recorded": "录制事件",
    "send.generated": "生成事件",
    "send.button": "发送",
    "send.sent": "已发送。",
    "field.event": "事件",
    "field.tag": "Tag",
    "field.state": "State",
    "field.format": "格式",
    "field.trigger": "触发器",
    "field.seed": "种子",
    "field.mutate": "变异",
    "mutate.none": "无",
    "group.function-url": "函数 URL",
    "group.apigw": "API 网关",
    "group.other": "其他触发器与命令",
    "group.tags": "每个 Tag 一例",
    "faults.title": "COS 请求故障",
    "faults.none": "无故障",
    "faults.flaky": "不稳定",
    "faults.own": "自定义",
    "faults.apply": "应用",
    "deliveries.title": "投递",
    "deliveries.empty": "暂无。请发送一个事件，或向函数地址 POST 一个回调。",
    "column.time": "时间",
    "column.trigger": "触发器",
    "column.tag": "Tag",
    "column.state": "State",
    "column.outcome": "结果",
    "column.ms": "毫秒",
    "column.status": "状态码",
    "running": "处理中",
    "bucket.title": "存储桶",
    "bucket.left_out": "另有 {n} 个键未显示。",
    "delivery.title": "投递 {n}",
    "delivery.objects": "对象",
    "delivery.request": "请求",
    "delivery.event": "事件",
    "delivery.reply": "回复",
    "delivery.log": "日志",
    "delivery.report": "运行报告",
    "delivery.headers": "请求头",
    "delivery.nothing": "空",
    "object.size": "大小",
    "object.type": "类型",
    "object.metadata": "元数据",
    "object.dead_letter": "保留的请求体",
    "object.binary": "二进制内容，不显示。",
    "left_out": "另有 {n} 个字符未显示。",
    "mutation.duplicate": "回调中每个任务重复一次。",
    "mutation.reorder": "逐级颠倒字段顺序。",
    "mutation.wrong-type": "数字改为单词，Input 改为文本。",
    "mutation.unknown-field": "在任务及其 Operation 中加入未知字段。",
    "mutation.no-state": "去掉 State，与 WordsGeneralize 的公开样例相同。",
    "mutation.no-tag": "去掉 Tag，与 WordsGeneralize 的公开样例相同。",
    "mutation.no-input": "去掉 Input，与 Tts 的公开样例相同。",
    "mutation.no-event-name": "去掉 EventName，与旧回调相同。",
    "mutation.truncate": "截掉请求体的后一半。",
    "mutation.trailing-comma": "在 JSON 最后一个花括号前多加一个逗号。",
    "mutation.byte-order-mark": "请求体前加字节顺序标记（BOM）。",
    "mutation.wrong-header": "Content-Type 改为另一种格式。",
    "mutation.wrong-token": "请求路径不含令牌。",
  },
};

const SAVED = "ci-callback.language";
let language = chosen();

function chosen() {
  const saved = localStorage.getItem(SAVED);
  if (saved in STRINGS) return saved;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The language the page is in: "en" or "zh". */
export function current() {
  return language;
}

/** Change to the other language; the caller redraws the page. */
export function switchLanguage() {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem(SAVED, language);
}

/** The text with this name, `{…}` filled from `values`; `otherwise` for a missing text. */
export function t(name, values = {}, otherwise = name) {
  const text = STRINGS[language][name] ?? otherwise;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Fill every element of the document that names its text in `data-t`. */
export function fillStatic() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
}
