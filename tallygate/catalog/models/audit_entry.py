"""One change that somebody made."""

from django.db import models

from tallygate.catalog.models.provider import Provider


class AuditEntry(models.Model):
    """Who changed what, when, and how it was before. Never changed, and written by `audit` alone.

    Attributes:
        actor_id: The user's number; None for the provider key and for developers. The user may be gone.
        actor_name: The user's name at that time, 'provider key', or a developer's name and account.
        via: 'api', 'portal' or, by developers, 'developer portal'.
        action: 'create', 'update' or 'delete'.
        kind: The kind of record, e.g. 'application'.
        record_id: Its number; it may be gone.
        record_name: What it was called.
        before: Column -> value; of an update what has changed only; None for what is new.
        after: The same afterwards; None for what is gone.
    """

    provider = models.ForeignKey(Provider, models.CASCADE, related_name="audit_entries")
    at = models.DateTimeField(auto_now_add=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=255)
    via = models.CharField(max_length=16)
    action = models.CharField(max_length=16)
    kind = models.CharField(max_length=32)
    record_id = models.BigIntegerField()
    record_name = models.CharField(max_length=255)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["provider", "kind", "record_id"], name="audit_entry_record"),
            models.Index(fields=["provider", "actor_id"], name="audit_entry_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_name}: {self.action} {self.kind} {self.record_name}"
