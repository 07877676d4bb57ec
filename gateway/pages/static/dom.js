/** An element, as in `h("p.small", { id: "x" }, "words", child)`: strings become text, never markup. */
export function h(name, properties, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = Object.assign(document.createElement(tag), properties);
  if (classes.length) element.classList.add(...classes);
  element.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return element;
}

/** The address as a link or a picture may carry it, or "" where it is of a kind that could run something. */
export function safeUrl(address) {
  const url = URL.canParse(address, location.href) && new URL(address, location.href);
  const harmless =
    url && (/^(https?|mailto|tel|blob):$/.test(url.protocol) || /^data:image\/(?!svg)/.test(url.href));
  return harmless ? url.href : "";
}

/** A link that opens beside this page, or plain words where the address is not safe. */
export function link(address, ...words) {
  const href = safeUrl(address);
  return href
    ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...words)
    : h("span", {}, ...words);
}
