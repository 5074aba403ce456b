from django.apps import AppConfig


class HostingConfig(AppConfig):
    name = "apps.hosting"
    label = "hosting"

    def ready(self) -> None:
        from apps.hosting.running import register

        register()
