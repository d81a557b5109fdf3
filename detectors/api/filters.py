"""Filters of the API's lists."""

from __future__ import annotations

from typing import ClassVar

from django_filters import rest_framework as filters

from detectors.models import DeadLetter, Finding, Signal


class SignalFilter(filters.FilterSet):  # type: ignore[misc]  # untyped package
    source = filters.CharFilter("source__slug")
    since = filters.IsoDateTimeFilter("occurred_at", "gte")
    until = filters.IsoDateTimeFilter("occurred_at", "lt")

    class Meta:
        model = Signal
        fields: ClassVar = ["platform", "kind", "actor", "external_id"]


class DeadLetterFilter(filters.FilterSet):  # type: ignore[misc]  # untyped package
    source = filters.CharFilter("source__slug")

    class Meta:
        model = DeadLetter
        fields: ClassVar = ["state"]


class FindingFilter(filters.FilterSet):  # type: ignore[misc]  # untyped package
    account = filters.CharFilter("subjects", "contains", method="filter_account")

    class Meta:
        model = Finding
        fields: ClassVar = ["detector", "family", "tier", "status"]

    def filter_account(self, rows: object, name: str, value: str) -> object:
        return rows.filter(subjects__contains=[value])  # type: ignore[attr-defined]  # django-filter passes the queryset untyped
