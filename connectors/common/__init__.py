"""What is agreed to on every channel: `terms.toml`, which the documents of the channels include."""
