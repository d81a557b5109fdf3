"""A fuzzer that reads the published schema tries the API; bounded, the same in every run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, checks

from abusedesk.core.models import Scope
from tests import cast, make

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.row(5)]
EXAMPLES = 8
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
)
# Schemathesis sets names of the schema aside that a WSGI test has no use for.
schema = schemathesis.pytest.from_fixture("published")


@pytest.fixture
def published() -> object:
    return schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())


@pytest.fixture
def doors() -> Iterator[tuple[dict[str, str], ...]]:
    """Everything, reading only, nobody."""
    everything = make.bearer(*Scope, user=cast.admin())
    reading = make.bearer(Scope.READ, user=cast.reviewer(), name="reading")
    yield everything, reading, {}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_that_the_schema_allows_breaks_the_contract(
    case: Case, doors: tuple[dict[str, str], ...]
) -> None:
    for door in doors:
        response = case.call(headers=door)
        case.validate_response(response, checks=list(CHECKS))
