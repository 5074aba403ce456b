from __future__ import annotations

from typing import Any

from django.db import migrations, models


def keep_terms(apps: Any, schema_editor: Any) -> None:
    """Subscriptions that were there keep the plan's present name and price."""
    for row in apps.get_model("plans", "Subscription").objects.select_related("plan"):
        row.name, row.price_minor = row.plan.name, row.plan.price_minor
        row.save(update_fields=["name", "price_minor"])


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]

    operations = [
        migrations.AddField(
            "subscription",
            "name",
            models.CharField(default="", help_text="The plan's, when it was assigned.", max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            "subscription",
            "price_minor",
            models.BigIntegerField(default=0, help_text="In cents per period, when it was assigned."),
            preserve_default=False,
        ),
        migrations.RunPython(keep_terms, migrations.RunPython.noop),
    ]
