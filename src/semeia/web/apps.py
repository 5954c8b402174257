"""Django's name for this app."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The one app of the project."""

    name = "semeia.web"
    label = "web"
