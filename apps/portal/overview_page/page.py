"""The parts of an organisation's overview beside its wallet, read at one instant."""

from __future__ import annotations

from dataclasses import dataclass

from apps.core.sum_chart import SumChart
from apps.portal.holdings import Shell
from apps.portal.members_page import MembersBlock, load_members_block
from apps.portal.overview_page.month import load_month_chart
from apps.portal.overview_page.reckoning import Reckoning, reckon
from apps.portal.wallet_page.page import WalletPage


@dataclass(frozen=True, slots=True)
class Overview:
    """Where the month leads (None where nothing was spent yet), why that is not what the wallet spent (None
    where it is), and the spending of members."""

    month: SumChart | None
    reckoning: Reckoning | None
    members: MembersBlock


def load_overview(page: WalletPage, shell: Shell) -> Overview:
    """Three queries beside the shell's and those of the wallet's page."""
    month = load_month_chart(page.holding, shell)
    return Overview(month, reckon(page, month), load_members_block(page.holding, shell))
