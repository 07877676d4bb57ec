"""Direct Line tokens: short-lived, for one user in one conversation; the client reads `user` and `conv` from them."""

import time
from typing import NamedTuple

from gateway.auth import derived

SECONDS = 1800
"""How long a token holds."""
TICKET_SECONDS = 60
"""How long a stream's address holds until it is connected to."""


class Claims(NamedTuple):
    """Who a token is for: the user's id, the conversation, and the channel."""

    user: str
    conversation: str
    channel: str


class Expired(Exception):
    """The token was ours and has ended."""


class NoToken(Exception):
    """There is no token, or it is not ours."""


class Tokens:
    """Makes and reads tokens (JWT, HS256) with a key derived from the seal key."""

    def __init__(self, secret: str) -> None:
        self._key = derived(secret, "direct line tokens")

    def make(self, claims: Claims, *, use: str = "api", seconds: int = SECONDS) -> str:
        """A token for a use: `api`, or `stream` for a socket's address."""
        import jwt

        body = {"user": claims.user, "conv": claims.conversation, "channel": claims.channel, "use": use}
        return jwt.encode(body | {"exp": int(time.time()) + seconds}, self._key, algorithm="HS256")

    def read(self, token: str, *, use: str = "api", expired: bool = False) -> Claims:
        """The claims of a token; raises Expired (unless `expired` is taken too) or NoToken."""
        import jwt

        options = {"require": ["exp"], "verify_exp": not expired}
        try:
            body = jwt.decode(token, self._key, algorithms=["HS256"], options=options)  # type: ignore[arg-type]
        except jwt.ExpiredSignatureError as error:
            raise Expired from error
        except jwt.InvalidTokenError as error:
            raise NoToken from error
        if body.get("use") != use:
            raise NoToken
        return Claims(str(body["user"]), str(body["conv"]), str(body["channel"]))
