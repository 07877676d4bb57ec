/** Keeps the console fresh: the page is asked for again, and its living parts take the place of the old ones. */
const EVERY_MS = 3_000;

/** A part somebody is working in is left alone. */
const busy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]");

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
  if (answer.redirected || answer.status === 401) return location.reload();
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (fresh.querySelectorAll(".channel").length !== document.querySelectorAll(".channel").length)
    return location.reload();
  for (const part of document.querySelectorAll("[data-live]")) {
    const now = fresh.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (now && !part.isEqualNode(now) && !busy(part)) part.replaceWith(document.adoptNode(now));
  }
}

async function forever() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    if (document.visibilityState === "visible")
      await refresh().catch((problem) => console.warn("not refreshed", problem));
  }
}

forever();
