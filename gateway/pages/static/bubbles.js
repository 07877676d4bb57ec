/** What a simulated phone shows of a message: content of the common model, as the simulator read it from the wire. */
import { h, link, safeUrl } from "./dom.js";

const PAIR = (mark) => `(?<!\\w)${mark}(\\S(?:[^${mark}\\n]*\\S)?)${mark}(?!\\w)`;
const URL_WORD = "(https?://[^\\s<>]*[^\\s<>.,:;!?)\\]'\"])";
const MARKS = new RegExp(
  ["```([^`]+)```", "`([^`]+)`", PAIR("\\*"), PAIR("_"), PAIR("~"), URL_WORD].join("|"),
);
/** Words with the marks many channels share: *bold*, _italic_, ~struck~, `mono`. */
export function marked(text) {
  const nodes = [];
  for (let found; (found = MARKS.exec(text)); text = text.slice(found.index + found[0].length)) {
    const [, block, mono, bold, italic, struck, url] = found;
    nodes.push(text.slice(0, found.index));
    if (block || mono) nodes.push(h("code", {}, block || mono));
    else if (url) nodes.push(link(url, url));
    else nodes.push(h(bold ? "strong" : italic ? "em" : "s", {}, marked(bold || italic || struck)));
  }
  return [...nodes, text];
}

/** A message in a few words, as a quote shows it. */
export function gist(content) {
  switch (content.type) {
    case "location":
      return content.name || "Location";
    case "contact_card":
      return content.cards.map(({ name }) => name).join(", ");
    case "chosen":
      return content.title || content.id;
    case "template":
      return content.name;
    default:
      return content.text || content.caption || content.name || content.kind || content.type;
  }
}

/**
 * The content as nodes.
 * `act(what)` sends an answer, `open(list)` shows a list, `ask(kind)` opens a form, `media(id)` gives a file's address.
 */
export function bubble(content, acts) {
  return (SHOWN[content.type] ?? unknown)(content, acts);
}

const SHOWN = {
  text: ({ text }) => h("p", {}, marked(text)),
  media: (media, acts) => MEDIA[media.kind](media, acts),
  location: place,
  contact_card: ({ cards }) => cards.map(card),
  chosen: ({ id, title, description }) => [h("p", {}, title || id), description && h("p.small", {}, description)],
  choice,
  form: ({ text, button: words, id, footer }) => [
    h("p", {}, marked(text || "")),
    footer && h("p.small.muted", {}, footer),
    id && h("p.muted", {}, `${words} — a form: ${id}`),
  ],
  template,
};

const source = ({ url, ref }, { media }) => safeUrl(url || media(ref));
const captioned = ({ caption }, element) => [element, caption && h("p", {}, marked(caption))];
const unknown = ({ kind, type, note }) => [
  note && h("p", {}, marked(note)),
  h("p.muted", {}, `This phone cannot show “${kind ?? type}”.`),
];

const MEDIA = {
  image: (media, acts) =>
    captioned(media, h("img", { src: source(media, acts), alt: media.caption || "Picture" })),
  sticker: (media, acts) => h("img.sticker", { src: source(media, acts), alt: "Sticker" }),
  video: (media, acts) => captioned(media, h("video", { src: source(media, acts), controls: true })),
  audio: (media, acts) => captioned(media, h("audio", { src: source(media, acts), controls: true })),
  document: (media, acts) => captioned(media, h("p", {}, link(source(media, acts), media.name || "Document"))),
};

function place({ latitude, longitude, name, address }) {
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return [
    h("div.map", { ariaHidden: "true" }, h("i")),
    h("p", {}, h("strong", {}, link(map, name || "Location"))),
    address && h("p.small", {}, address),
    h("p.small", {}, `${latitude}, ${longitude}`),
  ];
}

function card({ name, phones = [], company }) {
  const numbers = phones.map(({ phone }) =>
    h("p.small", {}, link(`tel:${phone.replace(/[^+\d]/g, "")}`, phone)),
  );
  return h("div.contact", {}, h("strong", {}, name), company && h("p.small", {}, company), numbers);
}

const button = (title, onclick) => h("button.choice", { type: "button", onclick }, title);

function choice(content, acts) {
  const { header, text, footer, style = "buttons", button: words, options } = content;
  const listed = style === "list";
  return [
    header && (header.type === "text" ? h("h3", {}, header.text) : bubble(header, acts)),
    text && h("p", {}, marked(text)),
    footer && h("p.small.muted", {}, footer),
    listed ? button(words || "Choose", () => acts.open(content)) : options.map((each) => option(each, acts)),
  ];
}

function option({ id, title, kind = "reply", url }, { act, ask }) {
  if (kind === "reply") return button(title, () => act({ type: "choice", id, title }));
  if (kind !== "url") return button(title, () => ask(kind));
  const opener = link(url, title);
  opener.classList.add("button", "choice");
  return opener;
}

/** A template's words are the provider's; the wire carries its name and what goes into its places. */
function template({ name, language, components = [] }, { act }) {
  const filled = components.filter(({ kind }) => kind !== "button");
  const quick = components.filter((each) => each.button === "quick_reply");
  return [
    h("p", {}, h("strong", {}, name), h("span.small", {}, ` template, ${language}`)),
    filled.map(({ kind, parameters = [] }) =>
      h(
        "dl.filled",
        {},
        parameters.map((each, index) => [
          h("dt", {}, `${kind} ${each.name || index + 1}`),
          h("dd", {}, each.text || each.payload || each.date || ""),
        ]),
      ),
    ),
    quick.map(({ parameters: [{ payload }] }) =>
      button(payload, () => act({ type: "choice", id: payload, title: payload })),
    ),
  ];
}
