"""`parley serve` with and without a country: the first team sends where the service is offered, and nowhere else."""

from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run, parley
from tests.load.process import Server


def team(run: Run, config: str) -> tuple[str, bool]:
    shown = msgspec.json.decode(run("teams", "show", "default", "--json", "--config", config).out)
    return shown["country"], shown["active"]


def served(config: str, folder: Path) -> str:
    """Start a gateway and stop it; gives what it said."""
    server = Server(["gateway", "serve", "--config", config], folder / "log")
    try:
        server.wait_ready()
    finally:
        code = server.stop()
    assert code == 0
    return server.tail()


def test_a_start_gives_the_first_team_its_country_once(run: Run, config: str, tmp_path: Path) -> None:
    run("channels", "add", "app", "--type", "inapp", "--accept-terms", "--config", config)
    assert team(run, config) == ("", False)
    assert "sends nothing" not in served(config, tmp_path)
    assert team(run, config) == ("DE", True)
    run("teams", "set", "default", "--country", "FR", "--config", config)
    served(config, tmp_path)
    assert team(run, config) == ("FR", True)


def test_a_start_says_what_keeps_messages_from_being_sent(run: Run, config: str, tmp_path: Path) -> None:
    path = Path(config)
    path.write_text(path.read_text().replace('country = "DE"\n', ""))
    run("channels", "add", "app", "--type", "inapp", "--config", config)
    said = served(config, tmp_path)
    assert "team default: it has no country, so it sends nothing" in said
    assert "parley channels terms app" in said
    assert team(run, config) == ("", False)


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("RU", "country: the service is not offered in RU"),
        ("Germany", "country: 'Germany' is not allowed; it must be two letters of ISO 3166"),
    ],
)
def test_a_country_without_the_service_stops_the_start(config: str, country: str, said: str) -> None:
    path = Path(config)
    path.write_text(path.read_text().replace('"DE"', f'"{country}"'))
    done = parley("serve", "--config", config)
    assert (done.code, said in done.err) == (2, True), done
