"""Short messages by Kannel's smsbox (Kannel 1.4 user guide: `sendsms` and delivery reports).

Kannel joins long messages itself. Its `sms-service` needs `mo-recode = true` and the address of docs/http-sms.md.
"""

import json
from collections.abc import Mapping
from typing import ClassVar

from connectors.contract import Setting
from connectors.sms.aggregator import Aggregated, profile

_TEMPLATE = {
    "username": "{user}", "password": "{secret}", "from": "{from}", "to": "{to}", "text": "{text}", "charset": "UTF-8",
    "coding": "{coding}", "dlr-mask": "31",
    "dlr-url": "{callback}?token={token}&report=1&ours={id}&to=%p&at=%T&status=%d",
}  # fmt: skip
FIXED: Mapping[str, str] = {
    "path": "/cgi-bin/sendsms",
    "method": "GET",
    "format": "query",
    "template": json.dumps(_TEMPLATE),
    "headers": "",
    "auth": "none",
    "number_format": "plus",
    "codings": "gsm7=0, ucs2=2",
    "charset": "utf-8",
    "ok_status": "202",
    "ok": "",
    "ok_values": "",
    "id": "",
    "error": "",
    "reason": "",
    "errors": "",
    "items": "",
    "message": "from=from, to=to, text=text, id=id, time=at",
    "receipt": "ours=ours, status=status, to=to, time=at",
    "receipt_if": "report=1",
    "statuses": "1=delivered, 2=failed, 4=, 8=sent, 16=failed",
    "time_format": "",
    "answer": "",
    "token_in": "query:token",
    "signature_header": "x-signature",
    "signature_secret": "",
    "sample": "",
}
"""What is the same for every Kannel; a status is the bit of its `dlr-mask`, 4 says that it still waits."""


class Kannel(Aggregated):
    """One smsbox."""

    type: ClassVar[str] = "kannel"
    fixed: ClassVar[Mapping[str, str]] = FIXED
    settings: ClassVar[tuple[Setting, ...]] = profile.left(
        FIXED,
        Setting("base_url", "address of the smsbox", example="http://kannel.example:13013"),
        Setting("user", "name of the `sendsms-user`", example="parley"),
        Setting(
            "callback",
            "public address of this channel, for delivery reports",
            example="https://chat.example/webhooks/sms",
        ),
        Setting("secret", "password of the `sendsms-user`", secret=True),
        Setting("token", "shared word in the addresses Kannel is given", secret=True),
    )
