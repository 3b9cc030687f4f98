"""What the twins remember; one table for all of them, since none of it is real."""

from django.db import models
from django.utils import timezone


class Thing(models.Model):
    """Something a provider would keep: a page, a person, a token, a message.

    ``kind`` is the twin's own word, ``key`` the provider's id of the thing.
    """

    twin = models.SlugField(max_length=30)
    kind = models.SlugField(max_length=30)
    key = models.CharField(max_length=300)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["twin", "kind", "key"], name="sandbox_thing_once")
        ]

    def __str__(self) -> str:
        return f"{self.twin} {self.kind} {self.key}"
