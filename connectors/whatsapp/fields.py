"""How a customer of WhatsApp is known: by a user id, by a phone number, or by both."""

from connectors.values import Unfit


def addresses(user_id: str | None, phone: str | None) -> tuple[str, ...]:
    """The URNs of a customer, the stable one first, as far as known; raises Unfit where one is no address.

    A business-scoped user id is a country, a point, and up to 128 letters and digits (Meta: BSUID).
    """
    if user_id and not (user_id.isascii() and user_id.replace(".", "").isalnum() and len(user_id) < 150):
        raise Unfit(f"{user_id[:40]!r} is no user id")
    if not phone:
        return (f"whatsapp-bsuid:{user_id}",) if user_id else ()
    digits = phone.lstrip("+")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 30):
        raise Unfit(f"{phone[:40]!r} is no phone number")
    number = f"whatsapp:{digits}"
    return (f"whatsapp-bsuid:{user_id}", number) if user_id else (number,)
