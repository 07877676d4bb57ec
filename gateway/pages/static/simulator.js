/** The simulator page: a phone, what it shows and says, and the wire beside it. */
import { bubble, gist } from "./bubbles.js";
import { h } from "./dom.js";
import { addCall } from "./wire.js";

const API = "/simulator/api";
const RESERVED = "155501"; // +1 555 01xx: numbers set aside for fiction
const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const RETRY_MS = 500;
const RETRY_MAX_MS = 10_000;
const TYPING_MS = 25_000;

const ui = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const main = ui.main;
const messages = new Map();
let phones = [];
let phone;
let source;
let quoted = "";
let typing;
let tries = 0;
let atEnd = true;

const spoken = (number) => number.replace(/^1(\d{3})(\d{3})?(\d{4})$/, "+1 $1 $2 $3").replace("  ", " ");
const key = ({ channel, number }) => `${channel}/${number}`;
const clock = (at) => new Date(at).toLocaleTimeString(undefined, { timeStyle: "short" });

// Phones

async function start() {
  try {
    const answer = await fetch(`${API}/phones`);
    if (!answer.ok) throw new Error(`The simulator answered ${answer.status}.`);
    phones = await answer.json();
  } catch (problem) {
    trouble(problem.message);
    return void setTimeout(start, RETRY_MAX_MS);
  }
  const added = JSON.parse(localStorage.getItem("parley.phones") ?? "[]");
  phones.push(...added.filter((one) => !phones.some((other) => key(other) === key(one))));
  trouble("");
  if (!phones.length) return trouble("There is no simulated channel here.");
  choose(phones.find((one) => `#${key(one)}` === location.hash) ?? phones[0]);
}

function choose(one) {
  phone = one;
  ui.phones.replaceChildren(
    ...phones.map((each) => h("option", { value: key(each), selected: each === one }, label(each))),
  );
  history.replaceState(null, "", `#${key(one)}`);
  ui.business.textContent = one.channel;
  ui.whose.textContent = owner(one);
  messages.clear();
  ui.log.replaceChildren();
  ui.calls.replaceChildren();
  quote("");
  listen();
}

const owner = ({ name, number }) => (name === `+${number}` ? spoken(number) : `${name}, ${spoken(number)}`);
const label = (one) => `${owner(one)} · ${one.channel}`;

function add() {
  const taken = new Set(phones.map(({ number }) => number));
  const free = Array.from({ length: 100 }, (_, index) => RESERVED + String(index).padStart(2, "0"));
  const number = free.find((each) => !taken.has(each));
  if (!number) return;
  const fresh = { ...phone, number, name: `+${number}` };
  const kept = JSON.parse(localStorage.getItem("parley.phones") ?? "[]");
  localStorage.setItem("parley.phones", JSON.stringify([...kept, fresh]));
  phones.push(fresh);
  choose(fresh);
}

// What arrives: after a break everything is asked for again (a restart forgets the wire's calls, so their numbers are no
// guide), and what is known already is brought up to date

function listen() {
  source?.close();
  const mine = (source = new EventSource(`${API}/${key(phone)}/events?after=0`));
  const on = (type, act) => mine.addEventListener(type, ({ data }) => act(JSON.parse(data)));
  on("shown", show);
  on("status", ({ id, status }) => messages.has(id) && rank(messages.get(id), status));
  on("typing", dots);
  on("wire", (call) => addCall(ui.calls, call));
  mine.onopen = () => {
    tries = 0;
    state("Connected", "good");
    ui.log.ariaLive = "polite";
  };
  mine.onerror = () => {
    mine.close();
    state("Reconnecting", "warn");
    tries += 1;
    setTimeout(() => mine === source && listen(), Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** tries));
  };
}

function show(message) {
  const { id, content, direction, status } = message;
  if (content.type === "reaction") return react(content.reaction);
  const known = messages.get(id);
  if (known && same(known.message, message)) return rank(known, status);
  if (!known && direction === "out") dots(null);
  const element = draw(message);
  messages.set(id, { element, message });
  rank(messages.get(id), status);
  if (known) return known.element.replaceWith(element);
  element.classList.add("fresh");
  ui.log.insertBefore(element, ui.log.querySelector(".dots"));
  follow();
}

function rank({ element, message }, status) {
  message.status = status;
  element.classList.toggle("failed", status === "failed");
  element.querySelector(".meta").textContent = [clock(message.at), status].filter(Boolean).join(" · ");
}

const same = (one, other) => one.reaction === other.reaction && gist(one.content) === gist(other.content);

function react({ message_id: id, emoji = "" }) {
  if (messages.has(id)) show({ ...messages.get(id).message, reaction: emoji });
}

function draw(message) {
  const { id, content, direction, reply_to: target, reaction } = message;
  const mine = direction === "in";
  const shown = bubble(content, {
    act: (what) => say({ ...what, reply_to: id }),
    open: (list) => sheet(list, id),
    media: (ref) => `${API}/${phone.channel}/media/${encodeURIComponent(ref)}`,
    ask: (what) => ask(what, id),
  });
  return h(
    `div.msg.${mine ? "me" : "bot"}`,
    {},
    h("span.hush", {}, mine ? "You: " : "Business: "),
    h(
      "div.line",
      {},
      h("div.bubble", {}, target && quotation(target), shown, reaction && h("span.reaction", {}, reaction)),
      tools(message),
    ),
    h("p.meta"),
  );
}

function quotation(id) {
  const known = messages.get(id);
  const words = known ? gist(known.message.content) : "an earlier message";
  return h(
    "button.quote",
    { type: "button", onclick: () => known?.element.scrollIntoView({ block: "center" }) },
    words,
  );
}

function tools({ id, direction, reaction }) {
  if (direction === "in")
    return h("button.bare.more", { type: "button", ariaLabel: "Reply", onclick: () => quote(id) }, "↩");
  const row = h(
    "div.row",
    { hidden: true },
    h("button", { type: "button", onclick: () => quote(id) }, "Reply"),
  );
  for (const emoji of EMOJI) {
    const put = () => say({ type: "reaction", message_id: id, emoji: emoji === reaction ? "" : emoji });
    row.append(
      h(
        "button",
        {
          type: "button",
          ariaLabel: `React ${emoji}`,
          ariaPressed: String(emoji === reaction),
          onclick: put,
        },
        emoji,
      ),
    );
  }
  const more = h(
    "button.bare.more",
    { type: "button", ariaLabel: "Reply or react", ariaExpanded: "false" },
    "⋯",
  );
  more.onclick = () => {
    row.hidden = !row.hidden;
    more.ariaExpanded = String(!row.hidden);
    follow();
  };
  return [more, row];
}

function dots(on) {
  clearTimeout(typing);
  ui.log.querySelector(".dots")?.remove();
  if (!on) return;
  ui.log.append(h("div.dots", { role: "img", ariaLabel: "The business is writing" }, h("i"), h("i"), h("i")));
  typing = setTimeout(() => dots(null), TYPING_MS);
  follow();
}

function follow() {
  if (atEnd) ui.log.scrollTop = ui.log.scrollHeight;
}

function state(words, tone) {
  ui.state.textContent = words;
  ui.state.dataset.tone = tone;
}

// What the customer does

async function say(what) {
  atEnd = true;
  try {
    const answer = await fetch(`${API}/${key(phone)}/say`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(what),
    });
    if (!answer.ok) throw new Error(`the simulator answered ${answer.status}`);
    trouble("");
    quote("");
    return true;
  } catch (problem) {
    trouble(`Not sent: ${problem.message}. Try again.`);
    return false;
  }
}

const replying = () => (quoted ? { reply_to: quoted } : {});

function quote(id) {
  quoted = id;
  ui.quoting.hidden = !id;
  if (!id) return;
  const drop = h(
    "button.bare",
    { type: "button", ariaLabel: "Do not reply to this", onclick: () => quote("") },
    "✕",
  );
  ui.quoting.replaceChildren(h("p.small", {}, gist(messages.get(id).message.content)), drop);
  ui.words.focus();
}

function trouble(words) {
  ui.trouble.textContent = words;
  ui.trouble.hidden = !words;
}

function ask(what, id) {
  quoted = id;
  if (what === "location_request_message" || what === "request_contact_info") return ui.extras.showModal();
  trouble("This phone cannot call.");
}

/** The sheet a list message opens: rows to choose one from. */
function sheet({ header, body, action: { sections } }, id) {
  const form = h("form", { method: "dialog" });
  const pick = ({ id: row, title, description }) =>
    say({
      type: "choice",
      kind: "list_reply",
      id: row,
      title,
      ...(description && { description }),
      reply_to: id,
    });
  form.append(
    h("h2", { id: "sheet-title" }, header?.text ?? body.text),
    ...sections
      .flatMap(({ title, rows }) => [
        title && h("h3", {}, title),
        ...rows.map((row) =>
          h(
            "button.row",
            { onclick: () => pick(row) },
            h("span", {}, row.title),
            row.description && h("small", {}, row.description),
          ),
        ),
      ])
      .filter(Boolean),
    h("button.bare", {}, "Cancel"),
  );
  ui.sheet.replaceChildren(form);
  ui.sheet.showModal();
}

const base64 = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });

function sends(form, what) {
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!(await say({ ...(await what()), ...replying() }))) return;
    ui.extras.close();
    form.reset();
  };
}

sends(ui.composer, () => ({ type: "text", text: ui.words.value.trim() }));
sends(ui.place, () => ({
  type: "location",
  latitude: Number(ui.latitude.value),
  longitude: Number(ui.longitude.value),
  name: ui["place-name"].value,
}));
sends(ui.contact, () => ({
  type: "contact",
  name: ui["contact-name"].value,
  phone: ui["contact-phone"].value,
}));
sends(ui.picture, async () => {
  const [file] = ui.file.files;
  return {
    type: "image",
    mime: file.type,
    name: file.name,
    data: await base64(file),
    caption: ui.caption.value,
  };
});

ui.words.required = true;
ui.words.onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ui.composer.requestSubmit();
};
ui.log.onscroll = () => (atEnd = ui.log.scrollHeight - ui.log.scrollTop - ui.log.clientHeight < 80);
ui.log.addEventListener("load", follow, true);
new ResizeObserver(follow).observe(ui.log);
ui.phones.onchange = () => choose(phones.find((one) => key(one) === ui.phones.value));
ui.add.onclick = add;
ui.more.onclick = () => ui.extras.showModal();
ui.clear.onclick = () => ui.calls.replaceChildren();
for (const tab of document.querySelectorAll("[data-show]")) {
  tab.onclick = () => {
    main.dataset.tab = tab.dataset.show;
    for (const each of document.querySelectorAll("[data-show]")) each.ariaPressed = String(each === tab);
  };
}
start();
