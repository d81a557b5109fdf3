"""Expressions that Django has no name for."""

from __future__ import annotations

from django.db.models import BooleanField, Func


class AnyOf(Func):
    """A column is one of many numbers, which travel as one array: as a list they took 0.1 s."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()
