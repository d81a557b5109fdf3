"""A fuzzer that reads the published schema tries the API; bounded, the same in every run."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks

from abusedesk.core.models import Scope
from tests import cast, make
from tests.test_openapi import SNAPSHOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row(5)]
EXAMPLES = 6
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)


def operations() -> list[Any]:
    """Of the snapshot, which is what is published: `test_openapi` compares them."""
    loaded: Any = schemathesis.openapi.from_dict(json.loads(SNAPSHOT.read_text(encoding="utf-8")))
    loaded.app = get_wsgi_application()
    return [found.ok() for found in loaded.get_all_operations()]


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.label.replace("/", "."))
def test_no_request_breaks_the_published_contract(operation: Any) -> None:
    doors: tuple[dict[str, str], ...] = (
        make.bearer(*Scope, user=cast.admin()),
        make.bearer(Scope.READ, user=cast.reviewer(), name="reading"),
        {},
    )

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), door=st.sampled_from(doors))
    def attempt(case: Any, door: dict[str, str]) -> None:
        case.validate_response(case.call(headers=door), checks=list(CHECKS))

    attempt()
