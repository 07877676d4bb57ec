"""WhatsApp's post office: delivers webhooks over real sockets until each has got its 2xx, and some of them again."""

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Sequence

from tests.crash.books import Receipt
from tests.load import whatsapp
from tests.load.stream import Poster, connect

CARRIERS = 16


class Letter:
    """One webhook: texts of customers (their number and the words) and statuses, as it is sent every time."""

    __slots__ = ("receipts", "request", "texts")

    def __init__(
        self, texts: Sequence[tuple[int, str]], statuses: Sequence[tuple[whatsapp.Part, Receipt]] = ()
    ) -> None:
        self.texts = texts
        self.receipts = [receipt for _, receipt in statuses]
        messages = [
            whatsapp.text_message(whatsapp.phone(number), f"wamid.{text.replace(' ', '.')}", text)
            for number, text in texts
        ]
        self.request = whatsapp.signed(whatsapp.webhook(messages, [status for status, _ in statuses]))


class Office:
    """Carries letters while the gateway is open; keeps the books of what was acknowledged."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._open = asyncio.Event()
        self._port = 0
        self._waiting: deque[Letter] = deque()
        self._more = asyncio.Event()
        self._out = 0
        self._posters: list[Poster] = []
        self.accepted: dict[str, list[str]] = defaultdict(list)
        self.taken = asyncio.Event()
        """Set with each text that is accepted."""
        self.receipts: list[Receipt] = []
        self.refused: list[int] = []
        self._seen: set[str] = set()

    def open(self, port: int) -> None:
        """The gateway listens: go on."""
        self._port = port
        self._open.set()

    def close(self) -> None:
        """The gateway is gone: wait."""
        self._open.clear()

    def post(self, letter: Letter) -> None:
        """Take a letter to be delivered."""
        self._waiting.append(letter)
        self._more.set()

    @property
    def busy(self) -> int:
        """Letters that wait or are on their way."""
        return len(self._waiting) + self._out

    def settled(self, text: str) -> bool:
        """Whether a text has been acknowledged."""
        return text in self._seen

    def stop(self) -> None:
        """Close all connections."""
        for poster in self._posters:
            poster.close()

    async def carry(self) -> None:
        """Deliver letters for ever; many of these run side by side."""
        poster: Poster | None = None
        while True:
            await self._more.wait()
            await self._open.wait()
            if not self._waiting:
                self._more.clear()
                continue
            letter = self._waiting.popleft()
            self._out += 1
            poster = await self._connected(poster)
            status = await _post(poster, letter.request) if poster else 0
            self._out -= 1
            self._answered(letter, status)

    async def _connected(self, poster: Poster | None) -> Poster | None:
        if poster and poster.open:
            return poster
        try:
            self._posters.append(await connect(self._port))
        except OSError:
            await asyncio.sleep(0.005)
            return None
        return self._posters[-1]

    def _answered(self, letter: Letter, status: int) -> None:
        """What got no 2xx is delivered again; so is, now and then, what did."""
        if not 200 <= status < 300:
            if status:
                self.refused.append(status)
            self.post(letter)
            return
        for number, text in letter.texts:
            if text not in self._seen:
                self._seen.add(text)
                self.accepted[f"c{number}"].append(text)
                self.taken.set()
        self.receipts += letter.receipts
        if self._rng.random() < 0.15:
            self.post(letter)


async def _post(poster: Poster, request: bytes) -> int:
    answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def tell(status: int) -> None:
        if not answered.done():
            answered.set_result(status)

    poster.post(request, tell)
    return await answered


class Customers:
    """People who write. Even ones wait until a text was taken before they send the next, odd ones do not: their
    webhooks overtake one another, and nobody knows in which order they came."""

    def __init__(self, office: Office, rng: random.Random, count: int) -> None:
        self._office, self._rng = office, rng
        self._written = [0] * count
        self.writing = asyncio.Event()

    @property
    def loose(self) -> frozenset[str]:
        """The names of those who do not wait."""
        return frozenset(f"c{number}" for number in range(1, len(self._written), 2))

    @property
    def texts(self) -> int:
        """How many texts have been written."""
        return sum(self._written)

    async def write(self) -> None:
        """Write for ever, as long as `writing` is set."""
        while True:
            await self.writing.wait()
            await asyncio.sleep(self._rng.uniform(0.0, 0.03))
            if self._office.busy < 4 * CARRIERS:
                self._letters()

    def _letters(self) -> None:
        """One to three webhooks in any order, each with one to three texts of one to three people."""
        letters = []
        for _ in range(self._rng.choice((1, 1, 2, 3))):
            people = self._rng.sample(range(len(self._written)), self._rng.choice((1, 1, 2, 3)))
            texts = [text for number in people for text in self._texts(number)]
            if texts:
                letters.append(Letter(texts))
        self._rng.shuffle(letters)
        for letter in letters:
            self._office.post(letter)

    def _texts(self, number: int) -> list[tuple[int, str]]:
        last = self._written[number]
        if number % 2 == 0 and last and not self._office.settled(f"c{number} m{last}"):
            return []
        count = self._rng.choice((1, 1, 2))
        self._written[number] += count
        return [(number, f"c{number} m{last + n}") for n in range(1, count + 1)]
