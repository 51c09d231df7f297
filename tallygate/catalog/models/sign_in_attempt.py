"""Failed sign-ins, for as long as they slow down the next ones."""

from django.db import models


class SignInAttempt(models.Model):
    """
    Attributes:
        subject: SHA-256 of what was tried or from where: people type passwords into the wrong field.
        at_s: When, UTC seconds.
    """

    subject = models.CharField(max_length=64)
    at_s = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["subject", "at_s"], name="sign_in_attempt_subject"),
            models.Index(fields=["at_s"], name="sign_in_attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.subject[:8]} at {self.at_s}"
