/** The chat page's view: it shows what a DirectLine tells, and tells it what the customer does. */
import { DirectLine } from "./directline.js";
import { h, link, safeUrl } from "./dom.js";
import { markdown } from "./markdown.js";

const LARGEST = 4 << 20;
const TYPING_MS = 8_000;
const STATES = { connecting: "Connecting", online: "Online", offline: "Offline", ended: "Ended" };
const TONES = { online: "good", offline: "warn", ended: "bad" };

const locale = new URLSearchParams(location.search).get("locale") ?? navigator.language;
const kept = (storage, key) => ({
  get: () => JSON.parse(storage.getItem(key)) ?? undefined,
  set: (value) => storage.setItem(key, JSON.stringify(value ?? null)),
});
const memory = Object.defineProperties(
  {},
  { session: kept(localStorage, "parley.session"), queue: kept(sessionStorage, "parley.queue") },
);

class ParleyChat extends HTMLElement {
  atEnd = true;
  #waiting = new Map();
  #streams = new Map();
  #files = [];

  connectedCallback() {
    for (const element of this.querySelectorAll("[data-part]")) this[element.dataset.part] = element;
    this.line = new DirectLine({
      base: this.getAttribute("directline"),
      credentials: (token) => this.#credentials(token),
      memory,
      locale,
    });
    this.#listen();
    this.#handle();
    for (const { activity, files, ref } of this.line.waiting) this.#wait(activity, files, ref);
    this.line.run();
  }

  #listen() {
    const on = (type, act) => this.line.addEventListener(type, ({ detail }) => act(detail));
    on("activity", (activity) => this.#show(activity));
    on("sent", (ref) => this.#mark(ref, "Sent"));
    on("failed", (ref) => this.#failed(ref));
    on("reset", () => this.log.replaceChildren(...this.log.querySelectorAll(".waiting")));
    on("state", (state) => {
      this.state.textContent = STATES[state];
      this.state.dataset.tone = TONES[state] ?? "";
      if (state === "online") this.log.ariaLive = "polite";
      if (state === "ended") this.words.disabled = true;
    });
  }

  #handle() {
    const { form, words, file, log } = this;
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#say({ text: words.value.trim() }, this.#files);
      form.reset();
      this.#pick([]);
    };
    words.onkeydown = (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    };
    words.onpaste = ({ clipboardData }) => clipboardData.files.length && this.#pick(clipboardData.files);
    file.onchange = () => this.#pick(file.files);
    this.pick.onclick = () => file.click();
    this.anew.onclick = () => {
      memory.session = memory.queue = undefined;
      location.reload();
    };
    log.onscroll = () => (this.atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80);
    log.addEventListener("load", () => this.#follow(), true);
    new ResizeObserver(() => this.#follow()).observe(log);
    addEventListener("beforeunload", (event) => {
      if (this.line.waiting.some(({ files }) => files.length)) event.preventDefault();
    });
  }

  async #credentials(token) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const answer = await fetch(this.getAttribute("credentials"), { method: "POST", headers });
    if (!answer.ok) throw new Error(`no token: ${answer.status}`);
    return answer.json();
  }

  #say(what, files = []) {
    if (!what.text && !what.value && !files.length) return;
    const activity = { type: "message", ...what };
    const ref = this.line.send(activity, files);
    this.#wait(activity, files, ref);
    this.#suggest([]);
    this.#follow(true);
  }

  #wait(activity, files, ref) {
    const pictures = files.map((file) => picture(URL.createObjectURL(file), file.name));
    const element = message("me", [...own(activity), ...pictures], "Sending …");
    element.classList.add("waiting");
    this.#waiting.set(ref, { element, activity, files });
    this.log.append(element);
  }

  #mark(ref, note, ...more) {
    this.#waiting
      .get(ref)
      ?.element.querySelector(".meta")
      .replaceChildren(note, ...more);
  }

  #failed(ref) {
    const { element, activity, files } = this.#waiting.get(ref);
    const again = h("button.bare", { type: "button" }, "Try again");
    again.onclick = () => {
      element.remove();
      this.#wait(activity, files, this.line.send(activity, files, ref));
    };
    element.classList.replace("waiting", "failed");
    this.#mark(ref, "Not sent. ", again);
  }

  #show(activity) {
    const { type, from = {}, timestamp } = activity;
    const mine = from.role === "user" || from.id === this.line.userId;
    if (type === "typing" && !mine) return this.#typing(activity);
    if (type === "endOfConversation") return this.#place(h("p.notice", {}, "The conversation has ended."));
    if (type !== "message") return;
    const stream = this.#streams.get(streamOf(activity).streamId);
    const element =
      (mine && this.#arrived(activity)) ||
      message(mine ? "me" : "bot", mine ? own(activity) : this.#answer(activity));
    element.querySelector(".meta").textContent = clock(timestamp);
    if (!mine) this.#typing();
    if (stream) stream.element.replaceWith(element);
    else this.#place(element);
    this.#suggest(mine ? [] : (activity.suggestedActions?.actions ?? []));
  }

  /** Our own message came back: what waited for it is no longer waiting. */
  #arrived({ channelData: { clientActivityID: ref } = {} }) {
    const element = this.#waiting.get(ref)?.element;
    element?.classList.remove("waiting", "failed");
    this.#waiting.delete(ref);
    return element;
  }

  /** Dots, or the bubble of a reply that is still growing: each part carries the whole text so far. */
  #typing(activity) {
    clearTimeout(this.timer);
    this.log.querySelector(".dots")?.remove();
    if (!activity) return;
    const { streamId = activity.id, streamSequence = 0, streamType } = streamOf(activity);
    const stream = this.#streams.get(streamId);
    if (!activity.text) {
      this.timer = setTimeout(() => this.#typing(), TYPING_MS);
      return this.#place(
        h("div.dots", { role: "img", ariaLabel: "An answer is being written" }, h("i"), h("i"), h("i")),
      );
    }
    if (stream?.sequence >= streamSequence) return;
    const element = message("bot", this.#answer(activity), streamType === "informative" ? "" : "…");
    element.ariaBusy = "true";
    if (stream) stream.element.replaceWith(element);
    else this.#place(element);
    this.#streams.set(streamId, { element, sequence: streamSequence });
    this.#follow();
  }

  #answer({ text, textFormat, attachments = [], attachmentLayout }) {
    const words = text && (textFormat === "plain" ? h("p", {}, text) : markdown(text));
    const shown = attachments.map((each) => this.#attachment(each));
    return [words, attachmentLayout === "carousel" ? h("div.carousel", { tabIndex: 0 }, shown) : shown];
  }

  #attachment({ contentType, contentUrl, content, name }) {
    if (!/card\.(hero|thumbnail)$/.test(contentType)) return file(contentType, contentUrl, name);
    const { title, subtitle, text, images = [], buttons = [] } = content;
    return h(
      "section.card",
      {},
      images.map(({ url, alt }) => picture(url, alt)),
      title && h("h2", {}, title),
      subtitle && h("p.muted", {}, subtitle),
      text && markdown(text),
      buttons.map((action) => this.#action(action)),
    );
  }

  #action({ type, title, value, text = "", displayText = title }) {
    const what = {
      imBack: { text: value },
      postBack: { text: "", value, channelData: { postBack: true, messageBack: { displayText } } },
      messageBack: { text, value, channelData: { messageBack: { displayText } } },
    }[type];
    if (what) return h("button.choice", { type: "button", onclick: () => this.#say(what) }, title ?? value);
    return Object.assign(link(value, title ?? value), { className: "button choice" });
  }

  #suggest(actions) {
    this.suggestions.replaceChildren(...actions.map((action) => this.#action(action)));
    this.suggestions.hidden = !actions.length;
    this.#follow();
  }

  #pick(files) {
    this.#files = [...files].filter(({ size }) => size <= LARGEST);
    const refused = this.#files.length < files.length && h("p.note", {}, "A picture may have 4 MB at most.");
    const remove = h("button", { type: "button", onclick: () => this.#pick([]) }, "Remove");
    const chosen = this.#files.map((each) => picture(URL.createObjectURL(each), each.name));
    this.picked.replaceChildren(...chosen, ...(refused ? [refused] : []), remove);
    this.picked.hidden = !files.length;
    this.file.value = "";
    this.words.focus();
  }

  /** What is confirmed stands before what is still on its way. */
  #place(element) {
    this.log.insertBefore(element, this.log.querySelector(".dots, .waiting"));
    this.#follow();
  }

  /** Keeps the newest in sight, unless the customer has scrolled up to read. */
  #follow(sure = this.atEnd) {
    if (sure) this.log.scrollTop = this.log.scrollHeight;
  }
}

const streamOf = ({ entities = [], channelData }) => ({
  ...entities.find(({ type }) => type === "streaminfo"),
  ...channelData,
});
const clock = (at) => new Date(at ?? Date.now()).toLocaleTimeString(locale, { timeStyle: "short" });

const message = (who, content, note) =>
  h(
    `div.msg.${who}`,
    {},
    h("span.hush", {}, who === "me" ? "You: " : "Answer: "),
    h("div.bubble", {}, content),
    h("p.meta", {}, note),
  );

const own = ({ text, channelData, attachments = [] }) => [
  h("p", {}, channelData?.messageBack?.displayText ?? text),
  attachments.map(({ contentType, contentUrl, name }) => file(contentType, contentUrl, name)),
];

const picture = (url, alt) => h("img", { src: safeUrl(url), alt: alt || "Picture" });

function file(contentType = "", url, name) {
  const [kind] = contentType.split("/");
  if (kind === "image") return picture(url, name);
  if (kind !== "audio" && kind !== "video") return link(url, name || url);
  return h(kind, { src: safeUrl(url), controls: true, ariaLabel: name || kind });
}

customElements.define("parley-chat", ParleyChat);
