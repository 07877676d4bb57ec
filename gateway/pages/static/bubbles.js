/** What a WhatsApp phone shows of a message, from the JSON that was on the wire. */
import { h, link, safeUrl } from "./dom.js";

const PAIR = (mark) => `(?<!\\w)${mark}(\\S(?:[^${mark}\\n]*\\S)?)${mark}(?!\\w)`;
const URL_WORD = "(https?://[^\\s<>]*[^\\s<>.,:;!?)\\]'\"])";
const MARKS = new RegExp(
  ["```([^`]+)```", "`([^`]+)`", PAIR("\\*"), PAIR("_"), PAIR("~"), URL_WORD].join("|"),
);
const ASKS = {
  location_request_message: "Send location",
  request_contact_info: "Share contact",
  voice_call: "Call",
  call_permission_request: "Allow calls",
};

/** Words with WhatsApp's own marks: *bold*, _italic_, ~struck~, `mono`. */
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
  const { type } = content;
  const inner = content[type] ?? {};
  switch (type) {
    case "text":
      return inner.body;
    case "location":
      return inner.name || "Location";
    case "contacts":
      return inner.map(({ name }) => name.formatted_name).join(", ");
    case "interactive":
      return inner.body?.text ?? inner[inner.type]?.title ?? inner.type;
    case "template":
      return inner.name;
    default:
      return inner.caption || inner.filename || inner.text || type;
  }
}

/**
 * The content as nodes.
 * `act(what)` sends an answer, `open(list)` shows a list, `ask(name)` opens a form, `media(id)` gives a file's address.
 */
export function bubble(content, acts) {
  const { type } = content;
  return (SHOWN[type] ?? unknown)(content[type] ?? {}, acts, type);
}

const SHOWN = {
  text: ({ body }) => h("p", {}, marked(body)),
  image: (media, acts) =>
    captioned(media, h("img", { src: source(media, acts), alt: media.caption || "Picture" })),
  sticker: (media, acts) => h("img.sticker", { src: source(media, acts), alt: "Sticker" }),
  video: (media, acts) => captioned(media, h("video", { src: source(media, acts), controls: true })),
  audio: (media, acts) => h("audio", { src: source(media, acts), controls: true }),
  document: (media, acts) =>
    captioned(media, h("p", {}, link(source(media, acts), media.filename || "Document"))),
  location: place,
  contacts: (cards) => cards.map(card),
  button: ({ text }) => h("p", {}, text),
  interactive,
  template,
};

const source = ({ link: url, id }, { media }) => safeUrl(url || media(id));
const captioned = ({ caption }, element) => [element, caption && h("p", {}, marked(caption))];
const unknown = (inner, acts, type) => h("p.muted", {}, `This phone cannot show “${inner.type ?? type}”.`);

function place({ latitude, longitude, name, address }) {
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return [
    h("div.map", { ariaHidden: "true" }, h("i")),
    h("p", {}, h("strong", {}, link(map, name || "Location"))),
    address && h("p.small", {}, address),
    h("p.small", {}, `${latitude}, ${longitude}`),
  ];
}

function card({ name, phones = [], org }) {
  const numbers = phones.map(({ phone }) =>
    h("p.small", {}, link(`tel:${phone.replace(/[^+\d]/g, "")}`, phone)),
  );
  return h(
    "div.contact",
    {},
    h("strong", {}, name.formatted_name),
    org?.company && h("p.small", {}, org.company),
    numbers,
  );
}

function interactive(inner, acts) {
  const { header, body, footer, type } = inner;
  if (!(type in BELOW)) return unknown(inner);
  return [
    header && (header.type === "text" ? h("h3", {}, header.text) : bubble(header, acts)),
    body && h("p", {}, marked(body.text)),
    footer && h("p.small.muted", {}, footer.text),
    BELOW[type](inner, acts),
  ];
}

const button = (title, onclick) => h("button.choice", { type: "button", onclick }, title);
const asking = ({ type }, { ask }) => button(ASKS[type], () => ask(type));

const BELOW = {
  button: ({ action }, { act }) =>
    action.buttons.map((each) => button(each.reply.title, () => act({ type: "choice", ...each.reply }))),
  list: (inner, { open }) => button(inner.action.button, () => open(inner)),
  cta_url: ({ action: { parameters } }) => {
    const opener = link(parameters.url, parameters.display_text);
    opener.classList.add("button", "choice");
    return opener;
  },
  flow: ({ action: { parameters } }) =>
    h("p.muted", {}, `${parameters.flow_cta} — a form: ${parameters.flow_id ?? parameters.flow_name}`),
  carousel: ({ action }, acts) =>
    h(
      "div.carousel",
      { tabIndex: 0 },
      action.cards.map((each) => h("div.card", {}, interactive(each, acts))),
    ),
  location_request_message: asking,
  request_contact_info: asking,
  voice_call: asking,
  call_permission_request: asking,
  button_reply: ({ button_reply: { title } }) => h("p", {}, title),
  list_reply: ({ list_reply: { title, description } }) => [
    h("p", {}, title),
    description && h("p.small", {}, description),
  ],
  nfm_reply: ({ nfm_reply: { response_json } }) => h("pre", {}, response_json),
};

/** A template's words are the provider's; the wire carries its name and what goes into its places. */
function template({ name, language, components = [] }, { act }) {
  const value = (each) =>
    each.text ?? each.payload ?? each.currency?.fallback_value ?? each.date_time?.fallback_value ?? each.type;
  const filled = components.filter(({ type }) => type !== "button");
  const quick = components.filter(({ sub_type }) => sub_type === "quick_reply");
  return [
    h("p", {}, h("strong", {}, name), h("span.small", {}, ` template, ${language.code}`)),
    filled.map(({ type, parameters = [] }) =>
      h(
        "dl.filled",
        {},
        parameters.map((each, index) => [
          h("dt", {}, `${type} ${each.parameter_name ?? index + 1}`),
          h("dd", {}, value(each)),
        ]),
      ),
    ),
    quick.map(({ parameters: [{ payload }] }) =>
      button(payload, () => act({ type: "choice", id: payload, title: payload })),
    ),
  ];
}
