"""What every channel can do, as `docs/channels.md` shows it: `python -m connectors.matrix` writes the page.

It comes from what the connectors declare, and nothing is declared without a fixture.
"""

from collections.abc import Callable

from connectors import registry
from connectors.contract import Connector
from state.model.channel import Capabilities

_HEAD = """# Channels

What each channel can show and report, and what it needs to be told. This page is written by
`python -m connectors.matrix` from what the connectors declare; a capability without a fixture fails the tests. What a
channel cannot show becomes words, links or several messages, in one place; `POST /v1/messages/preview` shows it before
anything is sent.

`parley channels add NAME --type TYPE --set SETTING=VALUE --secret SECRET` connects one. It sends once what is agreed to
on it ([terms.md](terms.md)) is accepted: `parley channels terms NAME`, then `parley channels accept NAME`. The command
`parley doctor` looks whether its settings fit, and asks the provider: whether credentials are good, webhooks come here,
templates can be sent, and the clocks agree. [adding-a-channel.md](adding-a-channel.md) tells how a new one is written.
"""


def page() -> str:
    """The whole page."""
    kinds = sorted(registry.TYPES)
    found = {kind: registry.connector(kind) for kind in kinds}
    lines = [_HEAD, "## What they can do", "", f"| | {' | '.join(f'`{kind}`' for kind in kinds)} |"]
    lines.append("|---" * (len(kinds) + 1) + "|")
    for name, shown in _ROWS:
        cells = " | ".join(shown(found[kind].capabilities) for kind in kinds)
        lines.append(f"| {name} | {cells} |")
    for name, method in _METHODS:
        cells = " | ".join("yes" if hasattr(found[kind], method) else "–" for kind in kinds)
        lines.append(f"| {name} | {cells} |")
    for kind in kinds:
        lines += ["", *_settings(kind, found[kind])]
    return "\n".join(lines) + "\n"


def _settings(kind: str, connector: type[Connector]) -> list[str]:
    terms = connector.terms
    window = (
        f"{terms.reply_window // 3600} hours after the customer's last message"
        if terms.reply_window
        else "none"
    )
    lines = [f"## `{kind}`", "", f"Terms `{terms.version}`; reply window: {window}."]
    if not connector.settings:
        return [*lines, "", "It needs no settings."]
    lines += ["", "| setting | what it is | needed | default |", "|---|---|---|---|"]
    for each in connector.settings:
        needed = "yes" if each.required else "–"
        secret = " (secret)" if each.secret else ""
        default = f"`{each.default}`" if each.default else ""
        lines.append(f"| `{each.name}`{secret} | {each.meaning.replace('|', '/')} | {needed} | {default} |")
    return lines


def _number(value: int, unit: str = "") -> str:
    return f"{value:,}{unit}" if value else "–"


def _size(bytes_: int) -> str:
    return f"{bytes_ / 1_000_000:g} MB" if bytes_ else "–"


def _yes(value: object) -> str:
    return "yes" if value else "–"


def _text(can: Capabilities) -> str:
    return _number(can.text, {"characters": "", "bytes": " bytes", "sms": " septets"}[can.text_in])


def _media(kind: str) -> Callable[[Capabilities], str]:
    return lambda can: _size(can.media.get(kind, 0))


_ROWS: tuple[tuple[str, Callable[[Capabilities], str]], ...] = (
    ("addresses", lambda can: ", ".join(f"`{each}:`" for each in can.schemes)),
    ("text", _text),
    *((kind, _media(kind)) for kind in ("image", "video", "audio", "document", "sticker")),
    ("caption", lambda can: _number(can.caption)),
    ("buttons", lambda can: _number(can.buttons)),
    ("list", lambda can: _number(can.list_rows)),
    ("link as a button", lambda can: _yes(can.url_button)),
    ("asks the customer for", lambda can: ", ".join(can.asks) or "–"),
    ("location", lambda can: _yes(can.location)),
    ("contact card", lambda can: _yes(can.contact_card)),
    ("template", lambda can: _yes(can.template)),
    ("form", lambda can: _yes(can.form)),
    ("reaction", lambda can: _yes(can.reaction)),
    ("quoted reply", lambda can: _yes(can.reply)),
    ("typing", lambda can: _yes(can.typing)),
    ("streaming", lambda can: _yes(can.streaming)),
    ("receipts", lambda can: ", ".join(can.receipts) or "–"),
    ("a cut-off send is found again", lambda can: "by our id" if can.reconcilable else "not reconcilable"),
    ("a send may be repeated", lambda can: "yes, by a key" if can.idempotent else "–"),
)
_METHODS = (
    ("fetches files", "fetch"),
    ("marks as read", "mark_read"),
    ("looks up profiles", "profile"),
    ("replies in the webhook's answer", "answer"),
    ("token that runs out", "refresh"),
)

if __name__ == "__main__":
    print(page(), end="")
