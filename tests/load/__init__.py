"""What the benchmark and the crash harness share: signed webhooks, a lean client, the provider's end, processes."""
