"""The parts of an organisation's overview beside its wallet, read at one instant."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.sum_chart import SumChart
from apps.portal.holdings import Holding, Shell
from apps.portal.members_page import MembersBlock, load_members_block
from apps.portal.overview_page.month import load_month_chart


@dataclass(frozen=True, slots=True)
class Overview:
    """Where the month leads (None where nothing was spent yet), and the spending of members."""

    month: SumChart | None
    members: MembersBlock


def load_overview(holding: Holding, shell: Shell) -> Overview:
    """Three queries beside the shell's."""
    return Overview(load_month_chart(holding, shell), load_members_block(holding, shell))
