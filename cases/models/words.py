"""What a word is looked for in, as the indexes of the search have it."""

from __future__ import annotations

from django.db.models import Func, TextField


class CaseText(Func):
    """Title, summary and reasons of a case; a function of the database (migration 0020), because
    an index holds only what can never come out differently.
    """

    function = "case_text"
    arity = 3
    output_field = TextField()

    def __init__(self, title: str = "title", summary: str = "summary", reasons: str = "reasons"):
        super().__init__(title, summary, reasons)
