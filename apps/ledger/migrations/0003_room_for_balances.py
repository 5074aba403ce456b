from django.db import migrations

from apps.core.page_room import leave_room


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_numbers")]
    operations = [leave_room("ledger_account")]
