"""Lets one writer at a time change a list of settings."""

from __future__ import annotations

from django.db import connection


def one_writer(of: str) -> None:
    """Wait for whoever else changes this list; until commit.

    Locking its rows is not enough: two people who add to a list lock nothing of each other's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [of])
