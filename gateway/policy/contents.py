"""The rules about what a message says: licensed, and fit for its purpose on the channel."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from gateway.policy.entries import PurposeLimit
from gateway.policy.facts import Facts
from gateway.policy.held import Held
from gateway.policy.said import day
from state.model.content import Choice, Component, Content, Media, Template
from state.model.message import Rule

_NO_LICENCE = Rule("licence", "send")
_FITS = Rule("content_purpose", "send")


def subjects(content: Content) -> tuple[str, ...]:
    """What of a content may need a licence or an age: `template:NAME`, and `media:ID` for files of our own store."""
    match content:
        case Template():
            return f"template:{content.name}", *_stored(_of_components(content.components))
        case Media():
            return _stored((content,))
        case Choice(header=Media() as header):
            return _stored((header,))
    return ()


def _stored(media: Iterable[Media]) -> tuple[str, ...]:
    return tuple(f"media:{each.stored}" for each in media if each.stored)


def _of_components(components: Iterable[Component]) -> Iterator[Media]:
    for each in components:
        yield from (parameter.media for parameter in each.parameters if parameter.media)
        for card in each.cards:
            yield from _of_components(card)


def licence(facts: Facts, now: int, held: Held) -> Rule:
    """What carries a licence is sent while one of its licences holds."""
    if not facts.licences:
        return _NO_LICENCE
    used = []
    for subject in subjects(facts.content):
        about = [each for each in facts.licences if each.subject == subject]
        holding = [each.id for each in about if not each.ends_at or now < each.ends_at]
        used += holding
        if about and not holding:
            last = max(about, key=lambda each: each.ends_at)
            reason = f"the licence for {subject} ended on {day(last.ends_at)}: renew it, or leave out what it is for"
            return Rule(
                "licence", "refuse", reason, "licence_ended", {"licence": last.id, "ended": last.ends_at}
            )
    return Rule("licence", "send", inputs={"licences": used}) if used else _NO_LICENCE


def content_purpose(facts: Facts, now: int, held: Held) -> Rule:
    """A channel's content is for what its provider allows it for."""
    template = isinstance(facts.content, Template)
    for each in held.purposes.get(facts.channel_type, ()):
        if (template or not each.template) and _forbids(each, facts):
            inputs = {"purpose": facts.cause.purpose}
            inputs |= {name: value for name in ("category", "tag") if (value := getattr(each, name))}
            return Rule("content_purpose", "refuse", each.says, "purpose_not_allowed", inputs)
    return _fits(facts.category) if facts.category else _FITS


@lru_cache(64)
def _fits(category: str) -> Rule:
    """For a template: what it was taken for is told with the decision."""
    return Rule("content_purpose", "send", inputs={"category": category})


def _forbids(row: PurposeLimit, facts: Facts) -> bool:
    about = (
        (not row.category or row.category == facts.category)
        and (not row.unknown or not facts.category)
        and (not row.tag or row.tag == facts.tag)
    )
    return about and (
        facts.cause.purpose in row.refuses
        or (row.campaigns and bool(facts.cause.campaign))
        or (row.machines and not facts.by_person)
    )
