"""How people want disturbing evidence covered."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from cases.choices import Masking
from cases.masking import BLUR_PX


class Mask(models.Model):
    """The choice for one category. user: empty for the desk's own, which holds for everybody else.

    category: slug of a policy; empty for all that have no row of their own.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="masks"
    )
    category = models.CharField(max_length=60, blank=True)
    mode = models.CharField(max_length=8, choices=Masking.choices)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "category"], name="mask_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category or 'all others'}: {self.get_mode_display()}"


class PeekHabit(models.Model):
    """How one person peeks. press: one shows for a while, else they hold the key. blur: in px."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="peek_habit")
    press = models.BooleanField(default=False)
    blur = models.PositiveSmallIntegerField(default=BLUR_PX)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return "press" if self.press else "hold"
