"""Tokens: made once, hashed, scoped, expiring, revocable; and what sessions may do without one."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.views import APIView

from abusedesk.core import audit
from abusedesk.core.models import ApiToken, AuditEntry, Scope, User
from abusedesk.core.rest import Endpoint
from abusedesk.core.tokens import issue_token, revoke_token
from tests import cast, make

pytestmark = pytest.mark.django_db
URL = "/api/v1/signals/"


def post(headers: dict[str, str] | None = None) -> Any:
    return Client().post(URL, make.item(), content_type="application/json", headers=headers or {})


def test_the_text_of_a_token_is_stored_nowhere() -> None:
    token, plain = make.token()
    word, prefix, secret = plain.split("_", 2)
    assert (word, prefix) == ("ad", token.prefix)
    assert len(secret) >= 43
    assert len(token.prefix) == 8
    stored = [*ApiToken.objects.values_list("digest", flat=True)]
    assert secret not in f"{stored} {list(AuditEntry.objects.values_list('data', flat=True))}"


@pytest.mark.parametrize("word", ["Bearer", "Token", "bearer", "TOKEN"])
def test_both_words_open_the_door(word: str) -> None:
    _, plain = make.token()
    assert post({"Authorization": f"{word} {plain}"}).status_code == 201


@pytest.mark.row(82)
def test_a_token_that_expired_or_was_revoked_is_401() -> None:
    _, expired = make.token(days=-1)
    revoked, plain = make.token(name="other")
    revoke_token(actor=cast.admin(), token=revoked)
    _, off = make.token(user=cast.outsider(), name="off")
    for text in (expired, plain, off):
        response = post({"Authorization": f"Bearer {text}"})
        assert (response.status_code, response.json()["type"]) == (401, "client_error")
        assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Bearer ad_abcdefgh_" + "x" * 43,
        "Bearer ad_abcdefgh_\u00e9",
        "Bearer " + "x" * 5_000,
        "Bearer a b",
        "Basic YWRtaW46YWRtaW4=",
        "Digest x",
    ],
)
def test_a_wrong_or_missing_token_is_401(header: str) -> None:
    response = post({"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["errors"][0]["code"] in {"not_authenticated", "authentication_failed"}


def test_one_changed_letter_is_401() -> None:
    _, plain = make.token()
    changed = plain[:-1] + ("a" if plain[-1] != "a" else "b")
    assert post({"Authorization": f"Bearer {changed}"}).status_code == 401


@pytest.mark.row(82)
def test_a_missing_scope_is_403_and_named() -> None:
    response = post(make.bearer(Scope.READ))
    (error,) = response.json()["errors"]
    assert (response.status_code, error["code"]) == (403, "permission_denied")
    assert "ingest" in error["detail"]
    read = Client().get(URL, headers=make.bearer(Scope.INGEST, name="other"))
    assert (read.status_code, "read" in read.json()["errors"][0]["detail"]) == (403, True)


@pytest.mark.row(82)
def test_a_token_of_an_admin_has_only_what_it_was_given() -> None:
    header = make.bearer(Scope.INGEST, user=cast.admin())
    assert Client().get(URL, headers=header).status_code == 403


@pytest.mark.parametrize(
    ("person", "reads", "posts"),
    [
        (cast.reviewer, 200, 403),
        (cast.lead, 200, 403),
        (cast.admin, 200, 201),
        (cast.integration, 401, 401),
        (cast.partner, 403, 403),
    ],
)
def test_a_session_has_the_scopes_of_its_role(person: Any, reads: int, posts: int) -> None:
    browser = Client()
    browser.force_login(person())
    assert browser.get(URL).status_code == reads
    assert browser.post(URL, make.item(), content_type="application/json").status_code == posts


@pytest.mark.parametrize("media_type", ["application/json", "multipart/form-data; boundary=x"])
def test_a_session_without_a_csrf_token_is_403(media_type: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.admin())
    response = browser.generic("POST", URL, b"--x\r\nbroken", media_type)
    assert (response.status_code, response.json()["type"]) == (403, "client_error")


def test_the_last_use_is_written_at_most_once_a_minute(
    django_assert_num_queries: Any,
) -> None:
    token, plain = make.token(Scope.READ)
    header = {"Authorization": f"Bearer {plain}"}
    Client().get(URL, headers=header)
    first = ApiToken.objects.get(pk=token.pk).last_used_at
    assert first is not None
    Client().get(URL, headers=header)
    assert ApiToken.objects.get(pk=token.pk).last_used_at == first


def test_making_and_revoking_stand_in_the_audit() -> None:
    token, _ = issue_token(user=cast.admin(), name="shop", scopes=[Scope.INGEST])
    revoke_token(actor=cast.admin(), token=token)
    revoke_token(actor=cast.admin(), token=token)
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["token.created", "token.revoked"]
    assert audit.verify().broken is None


def test_the_command_makes_lists_and_revokes() -> None:
    cast.admin()
    out = StringIO()
    call_command(
        "token", "create", "shop", "--scope", "ingest", "--days", "7", stdout=out, stderr=StringIO()
    )
    plain = out.getvalue().strip()
    token = ApiToken.objects.get()
    assert (token.scopes, token.expires_at is not None) == (["ingest"], True)
    assert post({"Authorization": f"Bearer {plain}"}).status_code == 201
    call_command("token", "list", stdout=out)
    assert f"{token.prefix}" in out.getvalue().split("\n", 1)[1]
    call_command("token", "revoke", token.prefix, stdout=out)
    assert post({"Authorization": f"Bearer {plain}"}).status_code == 401


@pytest.mark.parametrize(
    "words",
    [
        ["create", "shop", "--scope", "everything"],
        ["create", "shop"],
        ["create", "shop", "--scope", "ingest", "--user", "nobody"],
        ["revoke", "zzzzzzzz"],
        [],
    ],
)
def test_the_command_refuses_in_words(words: list[str]) -> None:
    cast.admin()
    with pytest.raises(CommandError):
        call_command("token", *words, stdout=StringIO(), stderr=StringIO())


def endpoints() -> list[tuple[str, type[APIView]]]:
    found: list[tuple[str, type[APIView]]] = []

    def walk(patterns: list[Any], prefix: str) -> None:
        for pattern in patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                view = getattr(pattern.callback, "cls", None)
                if isinstance(view, type) and issubclass(view, APIView):
                    found.append((route, view))
            else:
                walk(pattern.url_patterns, route)

    walk(get_resolver("abusedesk.api").url_patterns, "")
    return found


def test_every_method_of_every_endpoint_says_which_scope_it_needs() -> None:
    public = {"SchemaView", "Nowhere"}
    for_all = {"AdaptersView"}  # any token and any session, whatever its scope
    assert {view.__name__ for _, view in endpoints()} >= {"SignalsView", "ReplayView", *public}
    for route, view in endpoints():
        assert issubclass(view, Endpoint), route
        scopes = getattr(view, "scopes", {})
        methods = {
            name.upper()
            for name in ("get", "post", "put", "patch", "delete")
            if hasattr(view, name)
        }
        assert view.__name__ in public | for_all or methods <= set(scopes), route


def test_users_and_tokens_do_not_outlive_each_other() -> None:
    _, plain = make.token()
    User.objects.filter(username="integration").update(is_active=False)
    assert post({"Authorization": f"Bearer {plain}"}).status_code == 401
