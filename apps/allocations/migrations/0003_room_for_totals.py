from django.db import migrations

from apps.core.page_room import leave_room


class Migration(migrations.Migration):
    dependencies = [("allocations", "0002_initial")]
    operations = [leave_room("allocations_spendingtotal")]
