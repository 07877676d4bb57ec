"""What the effects of bots need, as the secrets of back-ends: a file of its own, so that it can be handed to bots."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from gateway.settings import Settings, SettingsError


def for_bots(settings: Settings) -> Mapping[str, str]:
    """What the bots' effects need, by name; raises SettingsError where the file cannot be read."""
    if not settings.bot_settings_file:
        return {}
    try:
        found = tomllib.loads(Path(settings.bot_settings_file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        told = f"bot_settings_file: {settings.bot_settings_file} cannot be read: {why}"
        raise SettingsError(settings.told(told)) from None
    for name, value in found.items():
        if not isinstance(value, str):
            raise SettingsError(f"bot_settings_file: {name} in {settings.bot_settings_file} is no text")
    return found
