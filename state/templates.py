"""The categories of message templates (marketing, utility, authentication), as providers have told them of channels."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from state.consent_tables import template
from state.model.channel import ProviderTemplate
from state.model.event import Notice
from state.statements import Query, Row, Statement, upsert
from state.writer import Writes

_C = template.c
_COLUMNS = "channel name language category at"


def _newer(new: Any) -> dict[str, sa.ColumnElement[Any]]:
    """What was told later counts, in whatever order it is known."""
    wins = new.at >= _C.at
    return {name: sa.case((wins, new[name]), else_=_C[name]) for name in ("category", "at")}


_KEEP = upsert(template, _COLUMNS, _newer)
LIST = Query(sa.select(_C.channel, _C.name, _C.language, _C.category), "")
"""All that is known: rows of `Kept`."""
STATE = Query(sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(_C.at), 0)), "")
"""What changes when something of it does."""


class Kept(NamedTuple):
    """A template's category in the provider's word, in capitals; the language is as `plain` makes it."""

    channel: str
    name: str
    language: str
    category: str


def plain(language: str) -> str:
    """A language as it is compared: providers write `en-US` in one place and `en_US` in another."""
    return language.replace("-", "_").lower()


def told_asks(channel: str, told: Notice) -> list[tuple[Statement, Row]]:
    """The statements that keep what a provider's notice tells of a template's category, if it does."""
    name = told.scope.removeprefix("template:")
    if not told.category or name == told.scope:
        return []
    return [(_KEEP, (channel, name[:512], plain(told.language)[:35], told.category.upper()[:32], told.at))]


def keep(channel: str, found: Sequence[ProviderTemplate], at: int) -> Writes[None]:
    """Keep the categories of templates as their provider lists them at a time (milliseconds, UTC)."""
    rows = {(each.name, plain(each.language)): each.category.upper() for each in found if each.category}
    return Writes([(_KEEP, (channel, *key, said, at)) for key, said in sorted(rows.items())], None)
