"""How passwords are stored."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """argon2id with 19 MiB and two passes (OWASP's advice).

    Django's own choice takes 100 MiB and eight threads, which a handful of people signing in at once
    would turn into the console's largest use of memory.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
