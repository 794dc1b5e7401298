// JSON and XML formatted token by token, so that every digit is preserved.

import { element, visible } from "./dom.js";

const MOST_COLOURED = 20_000; // tokens; beyond that there is only indentation
const DEEPEST = 40; // levels of indentation

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const XML_TOKEN = /<[^>]*>|[^<]+/g;
const XML_DOCUMENT = /^\s*<[^]*>\s*$/;

/** A `pre` with the text, formatted if it is JSON or XML. */
export function pretty(text) {
  const lines = isJson(text) ? jsonLines(text) : XML_DOCUMENT.test(text) ? xmlLines(text) : null;
  if (!lines) return element("pre", { className: "code", textContent: shown(text) });
  if (lines.tokens > MOST_COLOURED) return element("pre", { className: "code", textContent: lines.all.map(plain).join("\n") });
  return element("pre", { className: "code" }, ...lines.all.map(coloured));
}

const shown = (text) => text.replace(/[^\n\t]+/g, visible);
const margin = (line) => " ".repeat(2 * Math.min(line.level, DEEPEST));
const plain = (line) => margin(line) + line.pieces.map(([, text]) => shown(text)).join("");

function coloured(line) {
  const pieces = line.pieces.map(([kind, text]) => (kind ? element("span", { className: kind, textContent: shown(text) }) : shown(text)));
  const row = element("div", {}, margin(line), ...pieces);
  row.style.setProperty("--level", margin(line).length);
  return row;
}

/** Lines of pieces, each a class name ("" for none) and a text. */
class Lines {
  all = [{ level: 0, pieces: [] }];
  tokens = 0;

  add(kind, text) {
    this.tokens += 1;
    this.all.at(-1).pieces.push([kind, text]);
  }

  begin(level) {
    if (this.all.at(-1).pieces.length === 0) this.all.pop();
    this.all.push({ level, pieces: [] });
  }
}

/** True for one JSON object or array. */
function isJson(text) {
  if (!/^\s*[[{]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function jsonLines(text) {
  const tokens = text.match(JSON_TOKEN);
  const lines = new Lines();
  let level = 0;
  tokens.forEach((token, index) => {
    const next = tokens[index + 1];
    if (token === "{" || token === "[") {
      lines.add("", token);
      level += 1;
      if (next !== "}" && next !== "]") lines.begin(level);
    } else if (token === "}" || token === "]") {
      level -= 1;
      if (!"[{".includes(tokens[index - 1])) lines.begin(level);
      lines.add("", token);
    } else if (token === ",") {
      lines.add("", token);
      lines.begin(level);
    } else if (token === ":") {
      lines.add("", ": ");
    } else if (token.startsWith('"')) {
      // Decode escapes such as \u9752.
      lines.add(next === ":" ? "name" : "string", JSON.stringify(JSON.parse(token)));
    } else {
      lines.add("value", token);
    }
  });
  return lines;
}

function xmlLines(text) {
  const tokens = text.match(XML_TOKEN).filter((token) => token.trim());
  const lines = new Lines();
  let level = 0;
  tokens.forEach((token, index) => {
    const before = tokens[index - 1] ?? "";
    if (!token.startsWith("<")) {
      lines.add("string", token);
      return;
    }
    const isClosing = token.startsWith("</");
    if (isClosing) level = Math.max(0, level - 1);
    const endsLeaf = isClosing && (!before.startsWith("<") || isOpening(before));
    if (!endsLeaf) lines.begin(level);
    lines.add("name", token);
    if (isOpening(token)) level += 1;
  });
  return lines;
}

const isOpening = (token) => token.startsWith("<") && !/^<[/?!]|\/>$/.test(token);
