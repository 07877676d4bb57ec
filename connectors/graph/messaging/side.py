"""What differs between Messenger and Instagram, as values."""

from state.model.base import Value


class Side(Value, frozen=True):
    """One of the two: its webhook's `object`, the scheme of its customers' addresses, and what it can.

    `text` is counted in characters, or in bytes where `in_bytes` is set; `profile` are the fields of a customer that
    may be asked for; `messenger` says that it has what Messenger alone has: our own word (`metadata`) in the copies of
    what we sent, approved templates, files left with Meta, and quick replies that ask for a phone number.
    """

    name: str
    object: str
    scheme: str
    text: int
    in_bytes: bool
    profile: str
    messenger: bool

    @property
    def where(self) -> str:
        """The field of a message's own options."""
        return f"native.{self.scheme}"


MESSENGER = Side("Messenger", "page", "messenger", 2000, False, "first_name,last_name,profile_pic", True)
INSTAGRAM = Side("Instagram", "instagram", "instagram", 1000, True, "name,username,profile_pic", False)
