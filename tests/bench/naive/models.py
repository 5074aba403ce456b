from __future__ import annotations

from typing import ClassVar

from django.db import models


class NaiveWallet(models.Model):
    objects: ClassVar[models.Manager[NaiveWallet]] = models.Manager()
    owner = models.CharField(max_length=128, unique=True)
    balance = models.BigIntegerField()


class NaiveCharge(models.Model):
    objects: ClassVar[models.Manager[NaiveCharge]] = models.Manager()
    wallet = models.ForeignKey(NaiveWallet, on_delete=models.PROTECT)
    operation = models.CharField(max_length=60)
    tokens = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)


class NaiveEntry(models.Model):
    objects: ClassVar[models.Manager[NaiveEntry]] = models.Manager()
    charge = models.ForeignKey(NaiveCharge, on_delete=models.PROTECT)
    wallet = models.ForeignKey(NaiveWallet, on_delete=models.PROTECT)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
