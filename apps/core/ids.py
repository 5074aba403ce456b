"""Ids that the learning platform chose: 1 to 128 ASCII letters, digits and ``. _ : @ -``."""

from __future__ import annotations

import re

PLATFORM_ID = r"[A-Za-z0-9._:@-]{1,128}"
_PLATFORM_ID = re.compile(PLATFORM_ID, re.ASCII)


def is_platform_id(text: str) -> bool:
    """Whether the text may be the id of a user, organisation, resource or cost centre."""
    return _PLATFORM_ID.fullmatch(text) is not None
