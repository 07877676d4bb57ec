"""What a customer's words mean for their consent: stop, start or help, or nothing of the kind."""

from gateway.policy.held import Held
from gateway.policy.vocabulary import Meaning

__all__ = ["Meaning", "meaning"]


def meaning(text: str, channel: str, held: Held, *, locale: str = "", country: str = "") -> Meaning | None:
    """What a whole message means on a channel: `sms` for all to telephone numbers, else the channel's type.

    By text message the whole sets count, elsewhere STOP and UNSUBSCRIBE and what they are in other languages. `locale`
    (BCP 47) and `country` (ISO 3166) say whose words are meant besides the English; where neither is known, all are.
    `start` means something only to a customer who has stopped us before; that is for the caller to see.
    """
    language = locale.replace("_", "-").partition("-")[0].lower()
    region = country or _region(locale)
    return held.words.meaning(text, channel, language, region)


def _region(locale: str) -> str:
    parts = locale.replace("_", "-").split("-")[1:]
    return next((part.upper() for part in parts if len(part) == 2), "")
