# mypy: ignore-errors
"""What both sites have. `PEER_DATABASE` is postgresql://user@host:port/name."""

import os
from urllib.parse import urlsplit

_address = urlsplit(os.environ["PEER_DATABASE"])

SECRET_KEY = os.environ["PEER_SECRET"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Each thread keeps its connection: a twentieth faster here than psycopg's pool.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _address.hostname,
        "PORT": _address.port,
        "USER": _address.username,
        "NAME": _address.path.lstrip("/"),
        "CONN_MAX_AGE": None,
    }
}
PASSWORD_HASHERS = ["bench.peers.apps.django_site.argon2.OwaspArgon2"]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
LOGGING_CONFIG = None
