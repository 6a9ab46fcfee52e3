# mypy: ignore-errors
"""Django's own argon2id hasher, with the parameters that every peer here has."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class OwaspArgon2(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 2, 19_456, 1
