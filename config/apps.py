"""The admin, with our own site in the place of Django's."""

from django.contrib.admin import site
from django.contrib.admin.apps import AdminConfig

from apps.staff.words import put_in_place


class StaffAdminConfig(AdminConfig):
    """Staff pages behind the common log-in and a second factor (see `apps.staff.site`)."""

    default_site = "apps.staff.site.StaffSite"

    def ready(self) -> None:
        super().ready()
        put_in_place(site)
