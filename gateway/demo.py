"""`parley demo`: a sample bot, an in-app channel and simulated phones, with nothing to set up."""

import os
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from admin import terms
from admin.operations import Actor, NewChannel
from connectors import registry
from gateway.settings import SettingsError
from state.seal import new_key

if TYPE_CHECKING:
    from gateway.app import Gateway

FOLDER = Path("var/demo")
_HOME = Path(__file__).resolve().parent.parent
_META = {
    "app_secret": "demo-app-secret",
    "verify_token": "demo-verify",
    "access_token": "demo-access-token",
}
PHONE = NewChannel(
    id="phone",
    type="whatsapp",
    settings={"phone_number_id": "15550100", "waba_id": "15550199"},
    secrets=_META,
    simulated=True,
)
SMS = NewChannel(
    id="sms",
    type="twilio",
    settings={"account_sid": "ACdemo", "sender": "+15550199", "pace": "100"},
    secrets={"auth_token": "demo-auth-token"},
    simulated=True,
)
TELEGRAM = NewChannel(
    id="telegram",
    type="telegram",
    settings={},
    secrets={"bot_token": "7000001:demo-bot-token", "secret_token": "demo-secret-token"},
    simulated=True,
)
MESSENGER = NewChannel(
    id="messenger",
    type="messenger",
    settings={"page_id": "111222333444555", "app_id": "990000000000001"},
    secrets=_META,
    simulated=True,
)
INSTAGRAM = NewChannel(
    id="instagram",
    type="instagram",
    settings={"account_id": "17841400000000000", "app_id": "990000000000001"},
    secrets=_META,
    simulated=True,
)
WECHAT = NewChannel(
    id="wechat",
    type="wechat",
    settings={"app_id": "wxdemo"},
    secrets={
        "token": "demotoken",
        "app_secret": "demo-app-secret",
        "aes_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    },
    simulated=True,
)
X = NewChannel(
    id="x",
    type="x",
    settings={"user_id": "2244994945", "auth": "oauth1"},
    secrets={
        "consumer_key": "demo-consumer-key",
        "consumer_secret": "demo-consumer-secret",
        "access_token": "demo-access-token",
        "access_token_secret": "demo-access-secret",
    },
    simulated=True,
)
SMSC = NewChannel(
    id="smsc",
    type="smpp",
    settings={
        "host": "smsc.invalid",
        "system_id": "demo",
        "sender": "447700900000",
        "pace": "100",
        "vendor_codes": "0x40B=SUSPEND",
    },
    secrets={"password": "demo"},
    simulated=True,
)
APP = NewChannel(id="app", type="inapp", settings={}, secrets={})
OURS = (PHONE, MESSENGER, INSTAGRAM, TELEGRAM, SMS, SMSC, WECHAT, X, APP)
ACTOR = Actor("demonstration", frozenset({"admin"}))
"""Who connects the demonstration's channels and accepts their terms."""


class NotOurs(Exception):
    """A database with channels that are no demonstration's."""


def defaults(
    flags: Mapping[str, Any], given: Collection[str] = (), env: Mapping[str, str] = os.environ
) -> dict[str, Any]:
    """The flags, completed by what a demonstration needs and neither flag, environment nor file (`given`) says.

    Raises SettingsError where its folder cannot be made.
    """
    folder = Path(flags.get("data_dir") or env.get("PARLEY_DATA_DIR") or FOLDER)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        where = "flag --data-dir" if flags.get("data_dir") else "PARLEY_DATA_DIR in the environment"
        place = where if folder != FOLDER else "of the demonstration"
        raise SettingsError(f"data_dir: {folder} cannot be made: {error.strerror} ({place})") from None
    wanted: dict[str, Any] = {
        "data_dir": str(folder),
        "database": f"sqlite:///{folder / 'parley.db'}",
        **_bot(_HOME),
        "log_format": "text",
        "log_level": "warning",
        "allow_private_urls": True,
    }
    if "PARLEY_SEAL_KEY" not in env and not {"seal_key", "seal_key_file"} & {*given, *flags}:
        wanted["seal_key_file"] = str(_key_file(folder))
    missing = {
        name: value
        for name, value in wanted.items()
        if f"PARLEY_{name.upper()}" not in env and name not in given
    }
    return {**missing, **flags}


def _bot(home: Path) -> dict[str, str]:
    """The bot to show: the one of the examples, where they are beside us, else the one that comes with the package."""
    if (home / "examples" / "showcase.py").is_file():
        return {"bots": "examples.showcase:Showcase", "bot_path": str(home)}
    return {"bots": "gateway.sample:Welcome"}


def _key_file(folder: Path) -> Path:
    """The demonstration's own seal key, made once and readable by its owner alone."""
    path = folder / "seal.key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_key())
    return path


async def prepare(gateway: "Gateway") -> None:
    """Connect the channels where they are not there yet; raises NotOurs where others are."""
    from gateway.connect import connect
    from gateway.teams import open_without_country

    there = {live.channel.id for live in gateway.channels} | gateway.channels.broken.keys()
    if there and PHONE.id not in there:
        raise NotOurs(
            f"{gateway.settings.database} has channels of its own ({', '.join(sorted(there)[:5])}): a demonstration"
            " would put its own beside them; give it another database, or none, or run parley serve"
        )
    await open_without_country(gateway.store, ACTOR)
    for new in OURS:
        if new.id not in there:
            await connect(gateway.store, gateway.seal, ACTOR, new)
        await terms.accept(gateway.store, ACTOR, new.id, registry.connector(new.type).history.current())
    await gateway.teams.load()
    await gateway.channels.load()


def _ours_alone(host: str) -> bool:
    """Whether an address is reached from this machine alone; of a name but `localhost` nobody knows."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def welcome(url: str, host: str) -> str:
    """What to open, and a warning where others can: nobody is asked for a key in a demonstration."""
    warned = f"  Open to others: who reaches {host} may do here all that an admin may."
    others = () if _ours_alone(host) else ("", warned)
    return "\n".join(
        (
            "",
            f"  start here     {url}/",
            f"  chat           {url}/chat",
            f"  phone          {url}/simulator",
            f"  admin          {url}/admin",
            "",
            "  Ctrl-C stops; starting again goes on where it was.",
            *others,
        )
    )
