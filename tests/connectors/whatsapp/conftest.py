"""pywa, an independent client of WhatsApp's."""

from collections.abc import Iterator

import httpx
import pytest
from pywa.client import WhatsApp


@pytest.fixture
def pywa() -> Iterator[WhatsApp]:
    """pywa for the channel of the fixtures."""
    with httpx.Client() as session:
        yield WhatsApp(
            "106540352242922",
            "EAAG-page-token-1",
            app_secret="meta-app-secret-7d1f",
            session=session,
            api_version=26.0,
        )
