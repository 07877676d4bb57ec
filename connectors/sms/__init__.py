"""What channels of short messages share: the alphabet, segments, and the words that stop and start."""
