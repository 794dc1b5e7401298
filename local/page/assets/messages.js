// Errors in the language of the page. The local cloud writes its messages in English.

import { current, t } from "./strings.js";

const CHINESE = [
  [/^(\S+) changes nothing in this callback: leave it out\.$/, "“$1”对这个回调没有影响，请去掉。"],
  [/^(\S+) needs an HTTP request: take --trigger function-url or apigw\.$/, "“$1”需要 HTTP 请求：触发器请选 function-url 或 apigw。"],
  [/^CI posts (\S+) as JSON alone: take --format json\.$/, "数据万象只用 JSON 发送 $1 的回调：格式请选 json。"],
  [/^(\S+) is not a review: leave --result out\.$/, "$1 不是审核，没有审核结果。"],
  [/^unknown faults: (.*) \(did you mean (.*)\?\)$/, "未知的故障：$1（是否指 $2？）"],
  [/^unknown faults: (.*) \(there are (.*)\)$/, "未知的故障：$1（可选 $2）"],
  [/^(.*): (\S+) wants a number, as in (.*)$/, "$1：$2 需要一个数字，例如 $3"],
  [/^the shares of the faults must be positive and at most 1 together$/, "各故障的比例不能为负，总和不能超过 1"],
  [/^latency and slow are seconds, not less than 0$/, "latency 和 slow 的单位是秒，不能小于 0"],
  [/^Only the newest deliveries are kept, and this is none of them\.$/, "只保留最近的投递，这一次已不在其中。"],
  [/^There is no such object\.$/, "没有这个对象。"],
  [/^That is too much\.$/, "内容太大。"],
];

/** An error of the page itself, by the name of its text. */
export const explained = (text) => Object.assign(new Error(text), { text });

/** The message of an error. */
export function translated(error) {
  if (error.text) return t(error.text);
  if (error instanceof TypeError) return t("live.off"); // of fetch, without a server
  const known = current() === "zh" && CHINESE.find(([pattern]) => pattern.test(error.message));
  return known ? error.message.replace(...known) : error.message;
}
