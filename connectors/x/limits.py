"""X's limits on direct messages (X API v2: manage direct messages, media upload best practices)."""

TEXT = 10_000
IMAGE, GIF, VIDEO = 5_000_000, 15_000_000, 512_000_000
CHUNK = 4_000_000
"""Bytes of one part of an upload; X takes at most 5 MB."""

CATEGORIES: dict[str, tuple[str, int]] = {
    "image/jpeg": ("dm_image", IMAGE),
    "image/png": ("dm_image", IMAGE),
    "image/webp": ("dm_image", IMAGE),
    "image/gif": ("dm_gif", GIF),
    "video/mp4": ("dm_video", VIDEO),
    "video/quicktime": ("dm_video", VIDEO),
}
"""The types of file X takes in a direct message: the category each is uploaded as, and its bytes."""
