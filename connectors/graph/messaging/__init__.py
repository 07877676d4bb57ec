"""What Messenger and Instagram share: Meta's messaging platform. Facts: provider documentation as of 2026-11."""
