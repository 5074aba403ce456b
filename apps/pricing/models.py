"""Tables of prices. Money is in minor units, tokens in micro-tokens, exact numbers are decimal text."""

from __future__ import annotations

from django.conf import settings
from django.db import models

APPEND_ONLY = ("pricing_rateversion", "pricing_exchangerate", "pricing_hostingrateversion")
"""Tables that a past charge may rest on: rows are added, never changed or deleted."""


class PriceBook(models.Model):
    """A currency with its token price, how tokens are bought, and a rate card."""

    class Scheme(models.TextChoices):
        DISCOUNT = "discount", "Discount: the price falls"
        BONUS = "bonus", "Bonus: the tokens rise"
        PACKAGES = "packages", "Packages"

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3, help_text="ISO 4217; of two decimals.")
    token_price_minor = models.PositiveIntegerField(
        help_text="What one token costs, in minor units; never changes."
    )
    minimum_minor = models.BigIntegerField(help_text="Smallest purchase, in minor units.")
    maximum_minor = models.BigIntegerField(help_text="Largest purchase, in minor units.")
    talk_above_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Above this purchase the page says: talk to us. In minor units."
    )
    scheme = models.CharField(max_length=10, choices=Scheme.choices)
    refundable = models.BooleanField(
        default=False, help_text="Whether unused bought tokens turn back into money."
    )
    promotions = models.BooleanField(default=False, help_text="Whether promotions are offered.")
    position = models.PositiveSmallIntegerField(default=0)
    declaration = models.JSONField(
        default=dict,
        help_text="What the file last said beside operations: staff's edits stay until it changes.",
    )

    class Meta:
        ordering = ("position", "code")
        constraints = [
            models.CheckConstraint(condition=models.Q(token_price_minor__gt=0), name="a_token_has_a_price"),
            models.CheckConstraint(
                condition=models.Q(minimum_minor__gt=0, maximum_minor__gte=models.F("minimum_minor")),
                name="purchases_have_a_range",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class VolumeTier(models.Model):
    """From how much money on a discount or bonus applies."""

    price_book = models.ForeignKey(PriceBook, on_delete=models.CASCADE, related_name="tiers")
    from_minor = models.BigIntegerField(help_text="Lower bound, included, in minor units.")
    micro_percent = models.BigIntegerField(help_text="Percent in millionths: 7.5 % is 7500000.")

    class Meta:
        ordering = ("price_book", "from_minor")
        constraints = [
            models.UniqueConstraint(fields=["price_book", "from_minor"], name="one_tier_per_lower_bound"),
            models.CheckConstraint(
                condition=models.Q(from_minor__gt=0, micro_percent__gt=0), name="a_tier_gives_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_book_id} from {self.from_minor}"


class Package(models.Model):
    """A fixed number of tokens for a fixed price."""

    price_book = models.ForeignKey(PriceBook, on_delete=models.CASCADE, related_name="packages")
    code = models.SlugField(max_length=40)
    tokens_micro = models.BigIntegerField(help_text="Micro-tokens.")
    price_minor = models.BigIntegerField(help_text="In minor units.")

    class Meta:
        ordering = ("price_book", "price_minor")
        constraints = [
            models.UniqueConstraint(fields=["price_book", "code"], name="one_package_per_code"),
            models.CheckConstraint(
                condition=models.Q(tokens_micro__gt=0, price_minor__gt=0),
                name="a_package_has_tokens_and_price",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_book_id} {self.code}"


class Category(models.Model):
    """A heading of the rate card."""

    code = models.SlugField(primary_key=True, max_length=40)
    name = models.CharField(max_length=120)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "code")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name


class Operation(models.Model):
    """Something that can be charged in one price book; its code is part of the API contract."""

    price_book = models.ForeignKey(PriceBook, on_delete=models.CASCADE, related_name="operations")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    category = models.ForeignKey(Category, on_delete=models.PROTECT)
    description = models.TextField(blank=True)
    has_models = models.BooleanField(help_text="Whether a charge must name a model.")
    declaration = models.JSONField(help_text="What the file last said of its price.")
    listing = models.JSONField(help_text="What the file last said of its name, category and examples.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("price_book", "position", "code")
        constraints = [
            models.UniqueConstraint(fields=["price_book", "code"], name="one_operation_per_code"),
        ]

    def __str__(self) -> str:
        return f"{self.price_book_id} {self.code}"


class Rate(models.Model):
    """What one operation, and where it applies one model, costs over time: the thread of its versions."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="rates")
    model = models.CharField(max_length=200, blank=True, help_text="Empty where the operation has no models.")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("operation", "position", "model")
        constraints = [
            models.UniqueConstraint(fields=["operation", "model"], name="one_rate_per_operation_and_model"),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.model}".strip()


class RateVersion(models.Model):
    """The price of a rate from an instant until the next version; never changed, never deleted."""

    rate = models.ForeignKey(Rate, on_delete=models.PROTECT, related_name="versions")
    effective_from = models.DateTimeField()
    spec = models.JSONField(
        help_text="Components, margin, options, minima and flags; numbers are decimal text."
    )
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=160, help_text="Who or what published it.")

    class Meta:
        ordering = ("rate", "effective_from")
        constraints = [
            models.UniqueConstraint(
                fields=["rate", "effective_from"], name="one_version_per_rate_and_instant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rate} from {self.effective_from:%Y-%m-%d %H:%M}"


class ExchangeRate(models.Model):
    """How much of `quote` one unit of `base` buys, from a date (UTC) until the next row of the pair."""

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    value = models.CharField(max_length=40, help_text="Plain decimal text, such as 1.15.")
    effective_on = models.DateField()

    class Meta:
        ordering = ("base", "quote", "effective_on")
        constraints = [
            models.UniqueConstraint(
                fields=["base", "quote", "effective_on"], name="one_exchange_rate_per_day"
            ),
            models.CheckConstraint(condition=~models.Q(base=models.F("quote")), name="two_currencies"),
        ]

    def __str__(self) -> str:
        return f"1 {self.base} = {self.value} {self.quote} from {self.effective_on}"


class HostingRateVersion(models.Model):
    """What hosting and storage cost in a price book from an instant until the next version; never changed."""

    price_book = models.ForeignKey(PriceBook, on_delete=models.PROTECT, related_name="hosting_versions")
    effective_from = models.DateTimeField()
    spec = models.JSONField(
        help_text="Tokens by kind, free ones, storage above the free pools, grace days; see hosting_file."
    )
    published_at = models.DateTimeField()
    published_by = models.CharField(max_length=160, help_text="Who or what published it.")

    class Meta:
        ordering = ("price_book", "effective_from")
        constraints = [
            models.UniqueConstraint(
                fields=["price_book", "effective_from"], name="one_hosting_version_per_book_and_instant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_book_id} hosting from {self.effective_from:%Y-%m-%d %H:%M}"


class Example(models.Model):
    """A typical use of an operation, whose cost the rate card works out."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="examples")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=160)
    model = models.CharField(max_length=200, blank=True)
    quantities = models.JSONField(help_text="Unit to plain decimal text.")
    options = models.JSONField(default=dict, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("operation", "position", "code")
        constraints = [
            models.UniqueConstraint(fields=["operation", "code"], name="one_example_per_code"),
        ]

    def __str__(self) -> str:
        return self.name


class ProviderModel(models.Model):
    """What a provider last asked for one model, as the community list says, in US dollars."""

    name = models.CharField(primary_key=True, max_length=200)
    mode = models.CharField(max_length=120, blank=True)
    provider = models.CharField(max_length=120, blank=True)
    prices = models.JSONField(help_text="Field of the list to decimal text, in US dollars per unit.")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CatalogueRevision(models.Model):
    """One row whose token changes with every publication: how a process knows that its cache is true."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    token = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_catalogue_revision")]

    def __str__(self) -> str:
        return str(self.token)


class Preset(models.Model):
    """A use of an operation that a person wants to work out again; a name means one of them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets")
    name = models.CharField(max_length=80)
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="presets")
    model = models.CharField(max_length=200, blank=True)
    quantities = models.JSONField(help_text="Unit to plain decimal text.")
    options = models.JSONField(default=dict, blank=True)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_preset_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
