"""Forms with a file in them (RFC 7578)."""

import hashlib
from collections.abc import Mapping


def form(fields: Mapping[str, str], field: str, body: bytes, mime: str, filename: str) -> tuple[bytes, str]:
    """The bytes of a form and its content type; the same file gives the same bytes."""
    name = "".join(c for c in filename if c.isprintable() and c not in '"\\\r\n') or "file"
    kind = mime if mime.isprintable() and mime else "application/octet-stream"
    boundary = "parley-" + hashlib.sha256(body).hexdigest()[:40]
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{each}"\r\n\r\n{value}\r\n'
        for each, value in fields.items()
    )
    head += f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
    head += f"Content-Type: {kind}\r\n\r\n"
    whole = b"".join((head.encode(), body, f"\r\n--{boundary}--\r\n".encode()))
    return whole, f"multipart/form-data; boundary={boundary}"
