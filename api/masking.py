"""Names as they stand in live rows: enough for staff at the door, not enough for anybody passing the screen."""

MASK = "*"


def masked(name: str) -> str:
    """A name with all but its first character hidden: 王小明 becomes 王**, "Ana Lima" becomes "A** L***"."""
    return " ".join(word[0] + MASK * (len(word) - 1) if len(word) > 1 else MASK for word in name.split())
