"""The table of settings, as `docs/settings.md` holds it."""

import json

from gateway.settings import TABLE, Setting


def table() -> str:
    """The settings as Markdown."""
    rows = (
        f"| `{each.name}` | {each.limit.meaning} | {each.allowed} | {_default(each)} | {'' if each.flag else 'no'} |"
        for each in TABLE
    )
    head = "| setting | what it does | allowed | default | flag |\n|---|---|---|---|---|"
    return "\n".join((head, *rows))


def _default(setting: Setting) -> str:
    value = setting.default
    if value in ("", ()):
        return ""
    written = value if isinstance(value, str) else json.dumps(value)
    return f"`{written}`"
