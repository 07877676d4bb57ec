"""A channel's settings as its connector is given them: defaults filled in, each checked by its form."""

import re
from collections.abc import Iterable, Mapping

from connectors.contract import Setting
from state.model.channel import Channel

Forms = Mapping[str, tuple[str, str]]
"""The form (a pattern for the whole value) of each setting, and what is wrong where a value has another."""


def filled(channel: Channel, settings: Iterable[Setting], forms: Forms) -> dict[str, str]:
    """All settings and credentials; raises ValueError naming the one that is wrong."""
    given = {each.name: each.default for each in settings}
    given |= {**channel.settings, **channel.credentials}
    check(given, forms)
    return given


def check(given: Mapping[str, str], forms: Forms) -> None:
    """Raise ValueError naming the first setting that has another form than it should."""
    for name, (form, words) in forms.items():
        if not re.fullmatch(form, given[name], re.ASCII):
            raise ValueError(f"{name}: this is not allowed; it {words}")
