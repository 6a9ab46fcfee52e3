# mypy: ignore-errors
"""What gunicorn serves; DJANGO_SETTINGS_MODULE says which of the two sites."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
