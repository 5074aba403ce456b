"""The admin, with our own site in the place of Django's."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """Staff pages behind the common log-in and a second factor (see `apps.staff.site`)."""

    default_site = "apps.staff.site.StaffSite"
