"""Members of an organisation and what they spent: the list, its CSV, and the block on the overview."""

from apps.portal.members_page.block import MembersBlock, load_members_block
from apps.portal.members_page.page import MembersPage, load_members_page

__all__ = ["MembersBlock", "MembersPage", "load_members_block", "load_members_page"]
