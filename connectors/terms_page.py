"""What is agreed to on each channel, as `docs/terms.md` shows it: `python -m connectors.terms_page` writes the page."""

from datetime import UTC, datetime

from connectors import registry
from connectors.terms import History
from state.model.channel import Subject, Terms

_HEAD = """# Terms

What whoever uses a channel agrees to. This page is written by `python -m connectors.terms_page` from the documents
beside the connectors (`connectors/*/terms.toml`). The sentences are ours and sum up; the sources are what binds.

A new channel sends nothing before somebody with the scope `terms:accept` has accepted the version in force:
`parley channels terms NAME` shows it, `parley channels accept NAME` accepts it, and so do `/admin` and
`POST /v1/channels/{name}/terms`. Who accepted what and when is kept, and is in the audit. What was queued meanwhile
goes out then.

When a new version comes into force, channels that accepted an earlier one go on for as many days as it leaves them
(`grace`), counted from its day, or from the first start of a gateway that knows it where that is later. The command
`parley channels tasks` and `/admin` say which wait for it. After that their sending is held until it is accepted. A
version that is to come can be accepted before its day. A version that was in force is never changed.
"""
SUBJECTS: dict[Subject, str] = {
    "audience": "Who may be written to",
    "window": "When",
    "purpose": "What for",
    "disclosure": "What customers are told",
    "consent": "How they agree and stop",
}
"""What the subjects of points are called, in the order in which they are shown."""


def page() -> str:
    """The whole page."""
    lines = [_HEAD.rstrip()]
    for kinds, history in _documents():
        lines += ["", f"## {', '.join(f'`{kind}`' for kind in kinds)}"]
        for terms in reversed(history.versions):
            lines += ["", *_version(terms)]
    return "\n".join(lines) + "\n"


def _documents() -> list[tuple[list[str], History]]:
    """Each document with the channel types it is for, in the order of their names."""
    found: dict[str, tuple[list[str], History]] = {}
    for kind in sorted(registry.TYPES):
        history = registry.connector(kind).history
        found.setdefault(history.versions[0].version, ([], history))[0].append(kind)
    return list(found.values())


def _version(terms: Terms) -> list[str]:
    since = datetime.fromtimestamp(terms.since / 1000, UTC).date()
    lines = [
        f"**{terms.version}**, in force from {since}; {terms.grace} days to accept it. {_figures(terms)}"
    ]
    for subject, words in SUBJECTS.items():
        points = [each for each in terms.points if each.about == subject]
        lines += ["", f"{words}:", ""] if points else []
        lines += [f"* {each.says} ({_source(each.source)})" for each in points]
    return lines


def _figures(terms: Terms) -> str:
    window = f"{terms.reply_window // 3600} hours" if terms.reply_window else "none"
    age = f"{terms.minimum_age} years" if terms.minimum_age else "none"
    pace = f"{terms.pace:g} a second" if terms.pace else "no limit"
    template = "; templates may be sent outside it" if terms.template_outside_window else ""
    return f"Reply window: {window}{template}. Minimum age: {age}. Pace of one sender: {pace}."


def _source(source: str) -> str:
    return f"[source]({source})" if source.startswith("https://") else source


if __name__ == "__main__":
    print(page(), end="")
