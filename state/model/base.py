"""What every value of the message model shares: frozen, compact, and strict about unknown fields."""

import msgspec


class Value(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
    repr_omit_defaults=True,
):
    """An immutable value; unknown fields are refused when it is decoded, defaults are left out when encoded."""
