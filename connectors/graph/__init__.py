"""What Meta's channels share: WhatsApp, and later Messenger and Instagram."""
