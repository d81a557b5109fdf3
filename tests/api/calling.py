"""A program that speaks JSON with the desk as one person."""

from __future__ import annotations

import json
from typing import Any, Final

from django.test import Client

from abusedesk.core.models import Scope, User
from tests import make

ALL: Final = (Scope.READ, Scope.REVIEW, Scope.ADMIN)


class Program:
    """Holds a token of `user`; paths begin behind the version."""

    def __init__(self, user: User, *scopes: Scope) -> None:
        self.client = Client(headers=make.bearer(*(scopes or ALL), user=user, name=str(user)))

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """One request with a JSON body."""
        text = json.dumps(body)
        return self.client.generic(method, f"/api/v1/{path}", text, "application/json")

    def get(self, path: str, **query: str) -> Any:
        """One answer that must be good."""
        answer = self.client.get(f"/api/v1/{path}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()


def faults(answer: Any) -> set[str]:
    """Names of the fields that a refusal is about: 400 of the shape, 422 of the meaning."""
    assert answer.status_code in {400, 422}, answer.content
    return {one["attr"].partition(".")[0] for one in answer.json()["errors"]}
