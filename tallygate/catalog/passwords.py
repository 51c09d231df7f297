"""How passwords are stored, and how long they must be wherever they come from.

What the portal's forms and the command line ask of the passwords of users is more, and in Django's
settings: programs written for 3scale make users with passwords of six characters.
"""

from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.exceptions import ValidationError

SHORTEST = 6
LONGEST = 1024


def check_length(password: str) -> None:
    """Raises ValidationError, beside `password`, when it is too short or too long."""
    if len(password) < SHORTEST:
        raise ValidationError({"password": f"is too short (minimum is {SHORTEST} characters)"})
    if len(password) > LONGEST:
        raise ValidationError({"password": f"is too long (maximum is {LONGEST} characters)"})


class Argon2(Argon2PasswordHasher):
    """argon2id with 19 MiB and two passes (OWASP's advice).

    Django's own choice takes 100 MiB and eight threads, which a handful of people signing in at once
    would turn into the console's largest use of memory.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
