/** What stands on the phone's screen: messages, their states and reactions, and the dots while one is written. */
import { bubble, gist } from "./bubbles.js";
import { h } from "./dom.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const TYPING_MS = 25_000;

const clock = (at) => new Date(at).toLocaleTimeString(undefined, { timeStyle: "short" });
const same = (one, other) => one.reaction === other.reaction && gist(one.content) === gist(other.content);

export class Transcript {
  #log;
  #acts;
  #messages = new Map();
  #typing;
  #atEnd = true;

  /** `acts`: what a message may ask of the page: say(what), quote(id), open(list, id), ask(kind, id), media(ref). */
  constructor(log, acts) {
    [this.#log, this.#acts] = [log, acts];
    log.onscroll = () => (this.#atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80);
    log.addEventListener("load", () => this.#follow(), true);
    new ResizeObserver(() => this.#follow()).observe(log);
  }

  clear() {
    this.#messages.clear();
    this.#log.replaceChildren();
    this.follow();
  }

  /** A message in a few words. */
  gist(id) {
    const known = this.#messages.get(id);
    return known ? gist(known.message.content) : "an earlier message";
  }

  /** Shows a message, or brings the one that is shown already up to date. */
  show(message) {
    const { id, content, direction, status } = message;
    if (content.type === "reaction") return this.#react(content);
    const known = this.#messages.get(id);
    if (known && same(known.message, message)) return this.rank(id, status);
    if (!known && direction === "out") this.typing(false);
    const element = this.#draw(message);
    this.#messages.set(id, { element, message });
    this.rank(id, status);
    if (known) return known.element.replaceWith(element);
    element.classList.add("fresh");
    this.#log.insertBefore(element, this.#log.querySelector(".dots"));
    this.#follow();
  }

  /** Writes down how far a message has come. */
  rank(id, status) {
    const { element, message } = this.#messages.get(id) ?? {};
    if (!element) return;
    message.status = status;
    element.classList.toggle("failed", status === "failed");
    element.querySelector(".meta").textContent = [clock(message.at), status].filter(Boolean).join(" · ");
  }

  typing(on) {
    clearTimeout(this.#typing);
    this.#log.querySelector(".dots")?.remove();
    if (!on) return;
    const dots = h("div.dots", { role: "img", ariaLabel: "The business is writing" }, h("i"), h("i"), h("i"));
    this.#log.append(dots);
    this.#typing = setTimeout(() => this.typing(false), TYPING_MS);
    this.#follow();
  }

  /** From now on the newest is kept in sight. */
  follow() {
    this.#atEnd = true;
    this.#follow();
  }

  #follow() {
    if (this.#atEnd) this.#log.scrollTop = this.#log.scrollHeight;
  }

  #react({ target: id, emoji = "" }) {
    const known = this.#messages.get(id);
    if (known) this.show({ ...known.message, reaction: emoji });
  }

  #draw(message) {
    const { id, content, direction, reply_to: target, reaction } = message;
    const { say, open, ask, media } = this.#acts;
    const acts = {
      act: (what) => say({ ...what, reply_to: id }),
      open: (list) => open(list, id),
      ask: (kind) => ask(kind, id),
      media,
    };
    const shown = [
      target && this.#quotation(target),
      bubble(content, acts),
      reaction && h("span.reaction", {}, reaction),
    ];
    return h(
      `div.msg.${direction === "in" ? "me" : "bot"}`,
      {},
      h("span.hush", {}, direction === "in" ? "You: " : "Business: "),
      h("div.line", {}, h("div.bubble", {}, shown), this.#tools(message)),
      h("p.meta"),
    );
  }

  #quotation(id) {
    const onclick = () => this.#messages.get(id)?.element.scrollIntoView({ block: "center" });
    return h("button.quote", { type: "button", onclick }, this.gist(id));
  }

  #tools({ id, direction, reaction }) {
    const { say, quote } = this.#acts;
    if (direction === "in") {
      return h("button.bare.more", { type: "button", ariaLabel: "Reply", onclick: () => quote(id) }, "↩");
    }
    const reactions = EMOJI.map((emoji) => {
      const chosen = emoji === reaction;
      const onclick = () => say({ type: "reaction", target: id, emoji: chosen ? "" : emoji });
      return h(
        "button",
        { type: "button", ariaLabel: `React ${emoji}`, ariaPressed: String(chosen), onclick },
        emoji,
      );
    });
    const reply = h("button", { type: "button", onclick: () => quote(id) }, "Reply");
    const row = h("div.row", { hidden: true }, reply, reactions);
    const more = h(
      "button.bare.more",
      { type: "button", ariaLabel: "Reply or react", ariaExpanded: "false" },
      "⋯",
    );
    more.onclick = () => {
      row.hidden = !row.hidden;
      more.ariaExpanded = String(!row.hidden);
      this.#follow();
    };
    return [more, row];
  }
}
