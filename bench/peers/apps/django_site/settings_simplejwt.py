# mypy: ignore-errors
"""Django REST framework with simplejwt: refresh tokens rotate, and the old ones are blacklisted."""

from datetime import timedelta

from bench.peers.apps.django_site.settings_base import *  # noqa: F403

ROOT_URLCONF = "bench.peers.apps.django_site.simplejwt_urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework_simplejwt",
    "rest_framework_simplejwt.token_blacklist",
]
MIDDLEWARE = []
SIMPLE_JWT = {
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
    "ACCESS_TOKEN_LIFETIME": timedelta(days=1),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
}
