"""The table of thresholds as `docs/detectors.md` shows it."""

from gateway.detectors.thresholds import standard


def table() -> str:
    """Every figure with its source (Markdown)."""
    lines = ["| detector | figures | source |", "|---|---|---|"]
    for name, each in standard().named().items():
        figures = {field: getattr(each, field) for field in each.__struct_fields__}
        source = figures.pop("source")
        words = ", ".join(f"`{field}` {value:g}" for field, value in figures.items())
        lines.append(f"| `{name}` | {words} | {source} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
