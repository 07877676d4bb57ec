"""The pages at `/`, `/chat` and `/simulator`: templates, styles and modules, with no build step."""
