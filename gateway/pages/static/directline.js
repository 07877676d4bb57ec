/**
 * A Direct Line 3.0 client: one conversation over a WebSocket, or by polling where there is none.
 *
 * It loses nothing and shows nothing twice: what arrives is told apart by activity id; what is sent carries a
 * clientActivityID and waits in the queue until the gateway has answered or echoed it, over any number of retries.
 * Events, with `detail`: `activity` (once each), `sent` and `failed` (a clientActivityID),
 * `state` (connecting, online, offline, ended), `reset` (another conversation begins).
 */
const RETRY_MS = 400;
const RETRY_MAX_MS = 30_000;
const POLL_MS = 1_000;
const POLL_ROUNDS = 30;
const OPEN_MS = 5_000;
const CALL_MS = 20_000;
const KEEP_ALIVE_MS = 20_000;
const REFRESH_MS = 15 * 60_000;
const TRIES = 6;

const jitter = (tries) => Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** tries) * (0.5 + Math.random() / 2);
const REFUSED = [401, 403];

/** A socket, or null where the browser forbids even to try. */
function dial(url) {
  try {
    return new WebSocket(url);
  } catch {
    return null;
  }
}

export class DirectLine extends EventTarget {
  #base;
  #credentials;
  #memory;
  #locale;
  #session;
  #queue;
  #seen = new Set();
  #sleepers = new Set();
  #watermark = "";
  #socket;
  #state;
  #sending = false;

  /**
   * `credentials(token)` gives {token, conversationId, userId}; it is given the token held until now, if any.
   * `memory` is {session, queue}, kept by the page over a reload.
   */
  constructor({ base, credentials, memory, locale }) {
    super();
    [this.#base, this.#credentials, this.#memory, this.#locale] = [base, credentials, memory, locale];
    this.#session = memory.session;
    this.#queue = memory.queue ?? [];
  }

  get userId() {
    return this.#session?.userId;
  }

  /** What has not been sent yet, as {activity, files, ref}. */
  get waiting() {
    return this.#queue;
  }

  /** Connects, and connects again, until the conversation has ended. */
  async run() {
    addEventListener("online", () => this.#wake());
    addEventListener("offline", () => this.#socket?.close());
    setInterval(() => this.#socket?.readyState === WebSocket.OPEN && this.#socket.send(""), KEEP_ALIVE_MS);
    setInterval(() => this.#refresh(), REFRESH_MS);
    this.#turn("connecting");
    for (let tries = 0; this.#state !== "ended";) {
      try {
        await this.#listen(await this.#open());
        tries = 0;
      } catch (problem) {
        tries += 1;
        this.#turn(problem.status === 404 ? "ended" : tries > 1 ? "offline" : "connecting");
        await this.#renew(problem);
      }
      await this.#sleep(jitter(tries));
    }
  }

  /** Queues an activity with files; gives its clientActivityID, which is new unless one is passed to try again. */
  send(activity, files = [], ref = crypto.getRandomValues(new Uint32Array(3)).join("-")) {
    this.#queue.push({ activity, files, ref, tries: 0 });
    this.#save();
    this.#flush();
    return ref;
  }

  async #open() {
    this.#session ??= await this.#credentials();
    const { userId, started } = this.#session;
    const opened = await (started
      ? this.#call("GET", this.#path(`?watermark=${this.#watermark}`))
      : this.#call("POST", "conversations", { user: { id: userId }, locale: this.#locale }));
    this.#hold({ ...opened, started: true });
    return opened.streamUrl;
  }

  /** Resolves when the socket has closed, or after some rounds of polling: then it is time to open another. */
  async #listen(streamUrl) {
    const socket = (this.#socket = dial(streamUrl));
    if (!socket) return this.#poll();
    const opened = new Promise((resolve) => (socket.onopen = () => resolve(true)));
    const closed = new Promise((resolve) => (socket.onclose = () => resolve(false)));
    const ready = opened.then(() => this.#catchUp());
    socket.onmessage = ({ data }) =>
      data &&
      ready.then(
        () => this.#take(JSON.parse(data)),
        () => socket.close(),
      );
    setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), OPEN_MS);
    try {
      if (!(await Promise.race([opened, closed]))) return await this.#poll();
      await Promise.race([ready, closed]);
      if (socket.readyState === WebSocket.OPEN) this.#live();
      await closed;
      this.#turn("connecting");
    } finally {
      socket.close();
    }
  }

  async #poll() {
    for (let round = 0; round < POLL_ROUNDS; round += 1) {
      await this.#catchUp();
      this.#live();
      await this.#sleep(POLL_MS);
    }
  }

  async #catchUp() {
    for (let before = null; before !== this.#watermark;) {
      before = this.#watermark;
      this.#take(await this.#call("GET", this.#path(`/activities?watermark=${before}`)));
    }
  }

  #take({ activities = [], watermark }) {
    for (const activity of activities) {
      const { id, type, channelData } = activity;
      if (type !== "typing" && this.#seen.has(id)) continue;
      this.#seen.add(id);
      this.#tell("activity", activity);
      this.#settle(channelData?.clientActivityID, "sent");
    }
    if (watermark) this.#watermark = encodeURIComponent(watermark);
  }

  async #flush() {
    if (this.#sending) return;
    this.#sending = true;
    for (let item; this.#state === "online" && (item = this.#queue[0]);) {
      try {
        await this.#post(item);
        this.#settle(item.ref, "sent");
      } catch (problem) {
        await this.#afterRefusal(item, problem);
      }
    }
    this.#sending = false;
  }

  #post({ activity, files, ref }) {
    const id = this.userId;
    const whole = {
      locale: this.#locale,
      deliveryMode: "stream",
      ...activity,
      from: { id, role: "user" },
      channelData: { ...activity.channelData, clientActivityID: ref },
    };
    if (!files.length) return this.#call("POST", this.#path("/activities"), whole);
    const form = new FormData();
    form.append(
      "activity",
      new Blob([JSON.stringify(whole)], { type: "application/vnd.microsoft.activity" }),
    );
    for (const file of files) form.append("file", file, file.name);
    return this.#call("POST", this.#path(`/upload?userId=${encodeURIComponent(id)}`), form);
  }

  /** Gives up where trying again cannot help; a network that is gone is waited for however long it takes. */
  async #afterRefusal(item, problem) {
    const { status = 0, wait } = problem;
    const final = status >= 400 && status < 500 && ![...REFUSED, 408, 429].includes(status);
    if (!status) this.#socket?.close();
    else if (final || (item.tries += 1) >= TRIES) return this.#settle(item.ref, "failed");
    await this.#renew(problem);
    await this.#sleep(wait || jitter(item.tries));
  }

  #settle(ref, how) {
    if (!this.#queue.some((item) => item.ref === ref)) return;
    this.#queue = this.#queue.filter((item) => item.ref !== ref);
    this.#save();
    this.#tell(how, ref);
  }

  /** Asks for another token where ours was refused; it is for another conversation when ours is gone. */
  async #renew({ status }) {
    if (!REFUSED.includes(status)) return;
    const fresh = await this.#credentials(this.#session.token).catch(() => null);
    if (!fresh) return;
    const other = fresh.conversationId !== this.#session.conversationId;
    this.#hold({ ...fresh, started: !other });
    if (!other) return;
    this.#seen.clear();
    this.#watermark = "";
    this.#tell("reset");
    this.#socket?.close();
  }

  async #refresh() {
    const fresh = await this.#call("POST", "tokens/refresh").catch((problem) => this.#renew(problem));
    if (fresh) this.#hold(fresh);
  }

  #path(rest) {
    return `conversations/${encodeURIComponent(this.#session.conversationId)}${rest}`;
  }

  async #call(method, path, body) {
    const form = body instanceof FormData;
    const answer = await fetch(`${this.#base}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#session.token}`,
        "x-ms-bot-agent": "DirectLine/3.0 (parley)",
        ...(!form && { "content-type": "application/json" }),
      },
      body: form ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS),
    });
    if (answer.ok) return answer.json();
    const wait = Number(answer.headers.get("retry-after")) * 1000;
    throw Object.assign(new Error(`${path} answered ${answer.status}`), { status: answer.status, wait });
  }

  #hold(fresh) {
    const { token, conversationId, userId, started } = { ...this.#session, ...fresh };
    this.#session = { token, conversationId, userId, started };
    this.#save();
  }

  #save() {
    this.#memory.session = this.#session;
    this.#memory.queue = this.#queue.filter((item) => !item.files.length);
  }

  #live() {
    if (this.#turn("online")) this.#wake();
    this.#flush();
  }

  #turn(state) {
    if (state === this.#state) return false;
    this.#state = state;
    return this.#tell("state", state);
  }

  #tell(type, detail) {
    return this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #sleep(ms) {
    return new Promise((resolve) => {
      this.#sleepers.add(resolve);
      setTimeout(resolve, ms);
    });
  }

  #wake() {
    for (const resolve of this.#sleepers) resolve();
    this.#sleepers.clear();
  }
}
