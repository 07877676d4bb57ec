"""The signature of Twilio's requests (Twilio: Webhooks security): the public address, then every parameter.

By AuthToken it is HMAC-SHA1; a header that names the algorithm means the shared key and HMAC-SHA256.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from state.model.wire import Forged, Request

_PORTS = {"https": ":443", "http": ":80"}


def verify(request: Request, keys: Sequence[str], shared: str) -> None:
    """Check `X-Twilio-Signature`; raises Forged."""
    settings = request.headers.get("x-twilio-webhooks-signature-settings", "")
    method = "sha1"
    if settings:
        if "algorithm=HMAC_SHA256" not in settings.split(",") or not shared:
            raise Forged(
                "the request is signed by a shared key that is not ours, or an algorithm we do not know"
            )
        keys, method = (shared,), "sha256"
    given = request.headers.get("x-twilio-signature", "").encode("utf-8", "replace")
    expected = [sign(url, parameters(request), key, method) for url in _urls(request.url) for key in keys]
    if not any([hmac.compare_digest(given, each.encode()) for each in expected]):  # noqa: C419 - all are compared
        raise Forged("X-Twilio-Signature is missing or wrong")
    _check_body(request)


def sign(url: str, params: Iterable[tuple[str, str]], key: str, method: str = "sha1") -> str:
    """The signature of an address with these parameters."""
    text = url + "".join(name + value for name, value in sorted(set(params)))
    return base64.b64encode(hmac.digest(key.encode(), text.encode("utf-8", "surrogatepass"), method)).decode()


def parameters(request: Request) -> list[tuple[str, str]]:
    """The parameters of a form that was posted; raises Forged where there are too many to be Twilio's."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "POST" or kind != "application/x-www-form-urlencoded":
        return []
    try:
        return parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
    except ValueError as error:
        raise Forged(str(error)) from error


def _urls(url: str) -> list[str]:
    """The address as it came, and with the port of its scheme, or without it: Twilio writes either."""
    parts = urlsplit(url)
    port = _PORTS.get(parts.scheme, "")
    host = parts.netloc.removesuffix(port) if port and parts.netloc.endswith(port) else parts.netloc + port
    return [url, urlunsplit(parts._replace(netloc=host))]


def _check_body(request: Request) -> None:
    """A body that is no form is covered by a digest in the address."""
    wanted = request.query.get("bodySHA256", "")
    if not wanted:
        if request.body and request.method == "POST" and not parameters(request):
            raise Forged("the body is not covered by the signature")
        return
    found = hashlib.sha256(request.body).hexdigest()
    if not hmac.compare_digest(found.encode(), wanted.lower().encode("utf-8", "replace")):
        raise Forged("the body is not the one that was signed")
