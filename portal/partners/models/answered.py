"""Answers that keys were given, so that the same request sent twice is one request."""

from django.db import models

from .keys import ApiKey


class Answered(models.Model):
    """An answer to a key's request with an `Idempotency-Key`; kept for a day. The digest of the body is keyed."""

    api_key = models.ForeignKey(ApiKey, models.CASCADE, related_name="answered")
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=60)
    body_digest = models.CharField(max_length=64)
    content = models.BinaryField(default=b"")
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        # Made by the app of codes, which alone took requests with such a key at first.
        db_table = "codes_answered"
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="codes_answered_once", fields=["api_key", "name"])]

    def __str__(self) -> str:
        return self.name
