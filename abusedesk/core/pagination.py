"""Keyset paging of the API: constant cost on any page, stable while rows come in."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """Newest id first; `?page_size=` up to 500; `next` and `previous` are links."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
