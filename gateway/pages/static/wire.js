/** The panel beside the phone: each call as it went over the wire. */
import { h } from "./dom.js";

const MOST = 100;
const PARTS = ["headers", "body", "answer"];
const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null|-?\d[\d.eE+-]*)\b/g;

/** Puts a call on top of the list; what was open stays open. */
export function addCall(list, call) {
  list.prepend(entry(call));
  while (list.children.length > MOST) list.lastElementChild.remove();
}

function entry(call) {
  const { direction, method, path, status } = call;
  const body = parsed(call.body);
  const shown = PARTS.filter((part) => call[part]).map((part) => [
    h("h3", {}, part),
    h("pre", { tabIndex: 0 }, coloured(parsed(call[part]))),
  ]);
  const fine = status >= 200 && status < 300;
  const summary = h(
    "summary",
    {},
    h("span.way", {}, way(call)),
    h("code.path", {}, `${method} ${path}`),
    h("span.what", {}, what(body)),
    h("span.code", {}, String(status ?? "")),
  );
  const item = h("li", {}, h("details", {}, summary, shown));
  item.dataset.way = direction;
  item.dataset.tone = fine ? "good" : "bad";
  return item;
}

function way({ direction, method }) {
  if (method === "LINK") return direction === "in" ? "Octets in" : "Octets out";
  return direction === "in" ? "Webhook in" : "Call out";
}

function parsed(value) {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What a call is about, in a word or two. */
function what(body) {
  const value = body?.entry?.[0]?.changes?.[0]?.value;
  if (value?.statuses) return value.statuses.map(({ status }) => status).join(", ");
  if (value?.messages) return value.messages.map(({ type }) => type).join(", ");
  return body?.type ?? body?.status ?? "";
}

function coloured(value) {
  if (typeof value === "string") return value;
  const text = JSON.stringify(value, null, 2);
  const nodes = [];
  let end = 0;
  for (const { 0: all, 1: string, 2: colon = "", index } of text.matchAll(TOKENS)) {
    nodes.push(text.slice(end, index), h(string ? (colon ? "b" : "q") : "i", {}, string ?? all), colon);
    end = index + all.length;
  }
  return [...nodes, text.slice(end)];
}
