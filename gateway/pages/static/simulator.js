/** The simulator page: a phone, what it hears and says, and the wire beside it. */
import { h } from "./dom.js";
import { Transcript } from "./transcript.js";
import { addCall } from "./wire.js";

const API = "/simulator/api";
const RESERVED = "155501"; // +1 555 01xx: numbers set aside for fiction
const RETRY_MS = 500;
const RETRY_MAX_MS = 10_000;

const ui = Object.fromEntries([...document.querySelectorAll("[id]")].map((element) => [element.id, element]));
const transcript = new Transcript(ui.log, {
  say,
  quote,
  ask,
  open: sheet,
  media: (ref) => `${API}/${phone.channel}/media/${encodeURIComponent(ref)}`,
});
let phones = [];
let phone;
let source;
let quoted = "";
let tries = 0;

const spoken = (number) => number.replace(/^1(\d{3})(\d{3})?(\d{4})$/, "+1 $1 $2 $3").replace("  ", " ");
const key = ({ channel, number }) => `${channel}/${number}`;

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
  const [, channel, number] = /^#(.+)\/([\w+.@-]+)$/.exec(location.hash) ?? [];
  if (
    phones.some((one) => one.channel === channel) &&
    !phones.some((one) => key(one) === `${channel}/${number}`)
  ) {
    phones.push({ channel, number, name: `+${number}` });
  }
  trouble("");
  if (!phones.length) return trouble("There is no simulated channel here.");
  choose(phones.find((one) => `#${key(one)}` === location.hash) ?? phones[0]);
}

function choose(one) {
  phone = one;
  const channels = [...new Set(phones.map(({ channel }) => channel))];
  ui.phones.replaceChildren(
    ...channels.map((channel) =>
      h(
        "optgroup",
        { label: channel },
        ...phones
          .filter((each) => each.channel === channel)
          .map((each) => h("option", { value: key(each), selected: each === one }, label(each))),
      ),
    ),
  );
  history.replaceState(null, "", `#${key(one)}`);
  ui.business.textContent = one.channel;
  ui.whose.textContent = owner(one);
  transcript.clear();
  quote("");
  listen();
}

const digits = (words) => words.replace(/\D/g, "");
const nameless = ({ name, number }) => digits(name) === digits(number);
const called = (one) => (nameless(one) ? one.name.replace(/^\+\d+$/, spoken(one.number)) : one.name);
const owner = (one) => (nameless(one) ? called(one) : `${one.name}, ${spoken(one.number)}`);
const label = (one) => `${called(one)} · ${one.channel}`;

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

// What arrives. After a break everything is asked for again, since a restart forgets the wire's calls and so numbers
// its events anew; what is known already is brought up to date

function listen() {
  source?.close();
  ui.calls.replaceChildren();
  const mine = (source = new EventSource(`${API}/${key(phone)}/events?after=0`));
  const on = (type, act) => mine.addEventListener(type, ({ data }) => act(JSON.parse(data)));
  on("shown", (message) => transcript.show(message));
  on("status", ({ id, status }) => transcript.rank(id, status));
  on("typing", () => transcript.typing(true));
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

function state(words, tone) {
  ui.state.textContent = words;
  ui.state.dataset.tone = tone;
}

// What the customer does

/** Posts to the simulator and gives its answer, or nothing where it failed, and says so. */
async function call(path, body, type) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "content-type": type }, body });
    if (!answer.ok) throw new Error(`the simulator answered ${answer.status}`);
    trouble("");
    return await answer.json();
  } catch (problem) {
    trouble(`Not sent: ${problem.message}. Try again.`);
    return null;
  }
}

async function say(what) {
  transcript.follow();
  const said = await call(`${API}/${key(phone)}/say`, JSON.stringify(what), "application/json");
  if (said) quote("");
  return said;
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
  ui.quoting.replaceChildren(h("p.small", {}, transcript.gist(id)), drop);
  ui.words.focus();
}

function trouble(words) {
  ui.trouble.textContent = words;
  ui.trouble.hidden = !words;
}

function ask(what, id) {
  quote(id);
  if (what === "share_location" || what === "share_contact") return ui.extras.showModal();
  trouble("This phone cannot call.");
}

/** The sheet a list message opens: rows to choose one from. */
function sheet({ header, text, options }, id) {
  const form = h("form", { method: "dialog" });
  const pick = (row) => say({ type: "choice", list: true, ...row, reply_to: id });
  const sections = Map.groupBy(options, ({ section = "" }) => section);
  form.append(
    h("h2", { id: "sheet-title" }, header?.text ?? text),
    ...[...sections]
      .flatMap(([title, rows]) => [
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

function sends(form, what) {
  form.onsubmit = async (event) => {
    event.preventDefault();
    ui.extras.close();
    if (await say({ ...what(), ...replying() })) form.reset();
  };
}

ui.composer.onsubmit = async (event) => {
  event.preventDefault();
  const text = ui.words.value.trim();
  ui.words.value = "";
  if (text && !(await say({ type: "text", text, ...replying() }))) ui.words.value ||= text;
};
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
ui.picture.onsubmit = async (event) => {
  event.preventDefault();
  ui.extras.close();
  const [file] = ui.file.files;
  const stored = await call(`${API}/${phone.channel}/media`, file, file.type);
  const what = { type: "image", id: stored?.id, mime: file.type, caption: ui.caption.value, ...replying() };
  if (stored && (await say(what))) ui.picture.reset();
};

ui.words.onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  ui.composer.requestSubmit();
};
ui.phones.onchange = () => choose(phones.find((one) => key(one) === ui.phones.value));
ui.add.onclick = add;
ui.more.onclick = () => ui.extras.showModal();
ui.clear.onclick = () => ui.calls.replaceChildren();
for (const tab of document.querySelectorAll("[data-show]")) {
  tab.onclick = () => {
    ui.main.dataset.tab = tab.dataset.show;
    for (const each of document.querySelectorAll("[data-show]")) each.ariaPressed = String(each === tab);
  };
}
start();
