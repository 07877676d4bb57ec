"""The gateway as a black box: a folder with its settings, its commands, and one process at a time."""

import base64
from pathlib import Path

from tests.load.process import Server, run
from tests.load.whatsapp import ACCESS_TOKEN, APP_SECRET, PHONE_NUMBER_ID, VERIFY_TOKEN, WABA_ID

CHANNEL = "wa"
SEAL_KEY = base64.b64encode(b"a key that seals only in tests !").decode()


class Gateway:
    """A gateway on a database (URL), with one WhatsApp channel whose provider is a stub on this machine."""

    def __init__(self, folder: Path, database: str, *, core: int | None = None, **settings: object) -> None:
        self._folder, self._core = folder, core
        self._config = folder / "parley.toml"
        self._starts = 0
        always = {
            "host": "127.0.0.1",
            "port": 0,
            "database": database,
            "data_dir": str(folder),
            "seal_key": SEAL_KEY,
            "log_level": "warning",
            "allow_private_urls": True,
            "notices": False,
            "country": "DE",
        }
        self._config.write_text(
            "".join(f"{key} = {_literal(value)}\n" for key, value in (always | settings).items())
        )

    def prepare(self, stub: int, **settings: str) -> None:
        """Bring the schema up to date and connect the channel to the stub's port; raises NotReady."""
        public = {
            "phone_number_id": PHONE_NUMBER_ID,
            "waba_id": WABA_ID,
            "base_url": f"http://127.0.0.1:{stub}/",
            **settings,
        }
        secret = {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN, "access_token": ACCESS_TOKEN}
        words = [word for name, value in public.items() for word in ("--set", f"{name}={value}")]
        words += [word for name, value in secret.items() for word in ("--secret", f"{name}={value}")]
        run("gateway", "migrate", "--config", str(self._config))
        run(
            "gateway", "channels", "add", CHANNEL, "--type", "whatsapp", "--accept-terms", *words,
            "--config", str(self._config),
        )  # fmt: skip

    def start(self) -> Server:
        """Start the process; the caller waits until it is ready."""
        self._starts += 1
        log = self._folder / f"gateway-{self._starts}.log"
        return Server(["gateway", "serve", "--config", str(self._config)], log, self._core)


def _literal(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value) if isinstance(value, int | float) else f'"{value}"'
