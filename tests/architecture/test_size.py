"""What is written stays small enough to be read at once."""

from tests.architecture.tree import ROOMS, ROOT, files, functions

FILE_LINES, FUNCTION_LINES, TEST_LINES = 400, 40, 25
WRITTEN = {".py", ".js", ".css", ".html", ".sh"}

# Tables and schemas are looked up, not read through: the one long thing in each of these is its rows.
TABLES = ("state/migrations/versions/",)


def is_table(place: str) -> bool:
    return place.startswith(TABLES)


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in files()
        if path.suffix in WRITTEN
    }
    assert {place: n for place, n in lengths.items() if n > FILE_LINES and not is_table(place)} == {}


def test_no_function_is_longer_than_forty_lines() -> None:
    found = [
        function
        for room in ROOMS
        for path in files(ROOT / room)
        if path.suffix == ".py"
        for function in functions(path)
    ]
    assert [each for each in found if each.lines > FUNCTION_LINES and not is_table(each.place)] == []


def test_no_test_is_longer_than_twenty_five_lines() -> None:
    found = [
        function for path in files(ROOT / "tests") if path.suffix == ".py" for function in functions(path)
    ]
    assert [each for each in found if each.name.startswith("test_") and each.lines > TEST_LINES] == []
