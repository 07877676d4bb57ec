/** A safe part of Markdown, built as nodes and never as markup: paragraphs, lists, code, bold, italic, links. */
import { h, link } from "./dom.js";

const INLINE = new RegExp(
  [
    "`([^`]+)`",
    "\\*\\*(.+?)\\*\\*|__(.+?)__",
    "\\*([^*\\s][^*]*)\\*|\\b_([^_]+)_\\b",
    "\\[([^\\]]+)\\]\\(([^)\\s]+)\\)",
    "(https?://[^\\s<>]*[^\\s<>.,:;!?)\\]'\"])",
  ].join("|"),
);
const ITEM = /^\s*(?:[-*•]|(\d+)[.)])\s+/;

/** The words as a fragment; a text that is still growing may end in the middle of a mark. */
export function markdown(text) {
  const out = document.createDocumentFragment();
  text.split(/^```.*\n?/m).forEach((part, index) => (index % 2 ? out.append(code(part)) : blocks(part, out)));
  return out;
}

const code = (text) => h("pre", {}, h("code", {}, text.trimEnd()));

function blocks(text, out) {
  for (const block of text.split(/\n\s*\n/)) {
    let open = null;
    for (const line of block.split("\n").filter((each) => each.trim())) {
      const item = ITEM.exec(line);
      const kind = item ? (item[1] ? "OL" : "UL") : "P";
      if (open?.tagName !== kind) out.append((open = h(kind)));
      else if (!item) open.append(h("br"));
      if (item) open.append(h("li", {}, inline(line.slice(item[0].length))));
      else open.append(...inline(line.replace(/^#+\s+(.*)/, "**$1**")));
    }
  }
}

function inline(text) {
  const nodes = [];
  for (let found; (found = INLINE.exec(text)); text = text.slice(found.index + found[0].length)) {
    const [, mono, bold, bold2, italic, italic2, words, address, bare] = found;
    nodes.push(text.slice(0, found.index));
    if (mono) nodes.push(h("code", {}, mono));
    else if (bold || bold2) nodes.push(h("strong", {}, inline(bold || bold2)));
    else if (italic || italic2) nodes.push(h("em", {}, inline(italic || italic2)));
    else nodes.push(link(address || bare, words || bare));
  }
  return [...nodes, text].filter(Boolean);
}
