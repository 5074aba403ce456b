"""Who is charged: people and organisations by number."""

COVERING = 100
HOT = "hot"


def person(number: int) -> str:
    return f"u{number:05}"


def alone(number: int) -> str:
    """The organisation that has only this member."""
    return f"org-{number:05}"


def covered(number: int) -> str:
    """The organisation that covers half of what this member spends on AI."""
    return f"covered-{number % COVERING:02}"
