from __future__ import annotations

import json

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from tests.bench.naive.models import NaiveCharge, NaiveEntry, NaiveWallet

PRICE = 1_000


@csrf_exempt
def charge(request: HttpRequest) -> JsonResponse:
    """Charge a fixed price: no key, no repeat, no rules, no prices."""
    asked = json.loads(request.body)
    with transaction.atomic():
        wallet = NaiveWallet.objects.select_for_update().get(owner=asked["user"])
        if wallet.balance < PRICE:
            return JsonResponse({"code": "insufficient_tokens"}, status=402)
        wallet.balance -= PRICE
        wallet.save()
        made = NaiveCharge.objects.create(wallet=wallet, operation=asked["operation"], tokens=PRICE)
        NaiveEntry.objects.create(charge=made, wallet=wallet, amount=-PRICE, balance_after=wallet.balance)
    return JsonResponse({"id": made.pk, "tokens": PRICE}, status=201)
