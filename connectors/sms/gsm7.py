"""The GSM 7-bit default alphabet and its extension (3GPP TS 23.038, 6.2.1), a septet an octet."""

_ESCAPE = 0x1B
_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_OCTETS: dict[str, bytes] = {
    **{char: bytes([n]) for n, char in enumerate(_BASIC) if n != _ESCAPE},
    **{char: bytes([_ESCAPE, n]) for char, n in _EXTENSION.items()},
}
_EXTENDED = {n: char for char, n in _EXTENSION.items()}


def fits(text: str) -> bool:
    """Whether every character is in the alphabet."""
    return all(char in _OCTETS for char in text)


def septets(text: str) -> int:
    """How many septets a text that fits takes: two for a character of the extension."""
    return sum(len(_OCTETS[char]) for char in text)


def encode(text: str) -> bytes:
    """A text that fits, a septet an octet; raises KeyError for a character the alphabet has not."""
    return b"".join(_OCTETS[char] for char in text)


def decode(octets: bytes) -> str:
    """The text of septets, one an octet; what is none becomes U+FFFD.

    What the extension has not is read as the main alphabet has it, a second escape as a space (23.038, 6.2.1.1).
    """
    found, escaped = [], False
    for octet in octets:
        if escaped and octet in _EXTENDED:
            found.append(_EXTENDED[octet])
        elif octet != _ESCAPE:
            found.append(_BASIC[octet] if octet < 128 else "\ufffd")
        elif escaped:
            found.append(" ")
        escaped = octet == _ESCAPE and not escaped
    return "".join(found)
