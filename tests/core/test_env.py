"""The environment: each fault is one sentence that names the variable."""

from __future__ import annotations

import stat
from datetime import date
from ipaddress import ip_network
from pathlib import Path

import pytest

from abusedesk import env

GOOD_SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ABUSEDESK_VAR", "ABUSEDESK_LOG_LEVEL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_everything_has_a_default() -> None:
    loaded = env.load()
    assert (loaded.host, loaded.port, loaded.tick_s) == ("127.0.0.1", 8000, 5)
    assert loaded.oldest_signal == date(2000, 1, 1)
    assert loaded.var == env.BASE_DIR / "var"
    assert loaded.embedded
    assert loaded.dsn.startswith("postgresql:///abusedesk?host=/")


def test_every_variable_says_what_it_is_for() -> None:
    assert [name for name, field in env.Env.model_fields.items() if not field.description] == []


def test_lists_are_split_at_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSEDESK_ALLOWED_HOSTS", "desk.example, desk.example.org")
    monkeypatch.setenv("ABUSEDESK_OUTBOUND_ALLOW", "10.0.0.0/8,fd00::/8")
    loaded = env.load()
    assert loaded.allowed_hosts == ("desk.example", "desk.example.org")
    assert loaded.outbound_allow == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def test_an_empty_variable_is_as_good_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSEDESK_PORT", "")
    assert env.load().port == 8000


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ABUSEDESK_PORT", "http", "valid integer"),
        ("ABUSEDESK_MAIL_URL", "mail.example", "must begin with one of smtp://"),
        ("ABUSEDESK_MAIL_URL", "smtps://", "must begin with one of smtp://"),
        ("ABUSEDESK_MAIL_URL", "smtp://mail.example:port", "must begin with one of smtp://"),
        ("ABUSEDESK_PUBLIC_URL", "desk.example", "must begin with https://"),
        ("ABUSEDESK_PORT", "70000", "less than or equal to 65535"),
        ("ABUSEDESK_PORT", "0", "greater than or equal to 1"),
        ("ABUSEDESK_DEBUG", "perhaps", "valid boolean"),
        ("ABUSEDESK_HTTPS", "2", "valid boolean"),
        ("ABUSEDESK_DEMO", "no way", "valid boolean"),
        ("ABUSEDESK_WEB_WORKERS", "0", "greater than or equal to 1"),
        ("ABUSEDESK_WEB_THREADS", "-1", "greater than or equal to 1"),
        ("ABUSEDESK_WORKER_CONCURRENCY", "1.5", "integer"),
        ("ABUSEDESK_DETECTOR_SHARDS", "257", "less than or equal to 256"),
        ("ABUSEDESK_TICK_S", "0", "greater than or equal to 1"),
        ("ABUSEDESK_TIME_ZONE", "Mars/Olympus", "time zone"),
        ("ABUSEDESK_OUTBOUND_ALLOW", "10.0.0.0/8,intranet", "network"),
        ("ABUSEDESK_OUTBOUND_ALLOW", "10.0.0.1/8", "host bits"),
        ("ABUSEDESK_OLDEST_SIGNAL", "yesterday", "date"),
        ("ABUSEDESK_LOG_LEVEL", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
        ("ABUSEDESK_LOG_JSON", "maybe", "valid boolean"),
        ("ABUSEDESK_SECRET_KEY", "short", "at least 32 characters"),
        ("ABUSEDESK_TOKEN_PEPPER", "short", "at least 32 characters"),
        ("ABUSEDESK_BROKER_URL", "kafka://host", "must begin with one of pgmq://, redis://"),
        ("DATABASE_URL", "mysql://host/desk", "must begin with postgresql://"),
        ("DATABASE_URL", "postgresql://host", "must name a database"),
        ("DATABASE_URL", "postgresql://host:port:x/desk", "is not a Postgres URL"),
        ("DATABASE_URL", "postgresql://host/desk?sslmod=require", "is not a Postgres URL"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(env.EnvError) as caught:
        env.load()
    (sentence,) = str(caught.value).splitlines()
    assert sentence.startswith(f"{name}: ")
    assert words in sentence
    assert sentence.endswith(".")


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSEDESK_SECRET_KEY", "hunter2")
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hunter3@[::1/desk")
    with pytest.raises(env.EnvError) as caught:
        env.load()
    assert "hunter" not in str(caught.value)


def test_an_unknown_variable_is_named_with_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSEDESK_PORTS", "80")
    with pytest.raises(env.EnvError, match=r"ABUSEDESK_PORTS is not a variable.*ABUSEDESK_PORT"):
        env.load()


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSEDESK_PORT", "x")
    monkeypatch.setenv("ABUSEDESK_TICK_S", "x")
    monkeypatch.setenv("ABUSEDESK_COLOUR", "red")
    with pytest.raises(env.EnvError) as caught:
        env.load()
    assert len(str(caught.value).splitlines()) == 3


def test_the_start_ends_with_the_sentence_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABUSEDESK_PORT", "x")
    with pytest.raises(SystemExit, match=r"^ABUSEDESK_PORT: .*it is 'x'"):
        env.current.__wrapped__()


@pytest.mark.parametrize("field", env.SECRETS)
def test_every_secret_can_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, field: str
) -> None:
    values = {
        "database_url": "postgresql://host/desk",
        "broker_url": "redis://host",
        "mail_url": "smtps://desk:secret@mail.example",
    }
    value = values.get(field, GOOD_SECRET)
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(f"{env.variable(field)}_FILE", str(tmp_path / "secret"))
    assert getattr(env.load(), field).get_secret_value() == value


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ABUSEDESK_SECRET_KEY", GOOD_SECRET)
    monkeypatch.setenv("ABUSEDESK_SECRET_KEY_FILE", str(tmp_path / "secret"))
    with pytest.raises(env.EnvError, match=r"Both ABUSEDESK_SECRET_KEY and .*_FILE are set"):
        env.load()


def test_a_missing_secret_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ABUSEDESK_TOKEN_PEPPER_FILE", str(tmp_path / "none"))
    with pytest.raises(env.EnvError, match=r"ABUSEDESK_TOKEN_PEPPER_FILE names .*none"):
        env.load()


def test_a_secret_is_made_once_and_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ABUSEDESK_VAR", str(tmp_path / "var"))
    first = env.load().secret("secret_key")
    assert env.load().secret("secret_key") == first
    assert env.load().secret("token_pepper") != first
    kept = tmp_path / "var" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert sorted(path.name for path in kept.parent.iterdir()) == ["secret_key", "token_pepper"]


def test_a_secret_that_cannot_be_kept_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "var").touch()
    monkeypatch.setenv("ABUSEDESK_VAR", str(tmp_path / "var"))
    with pytest.raises(SystemExit, match=r"^ABUSEDESK_SECRET_KEY is not set and cannot be made: "):
        env.load().secret("secret_key")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40ss@db:5433/desk", {"password": "p@ss", "port": "5433"}),
        ("postgres:///desk?host=/run/pg&user=x", {"host": "/run/pg", "user": "x"}),
        ("postgresql://db/desk?sslmode=verify-full", {"sslmode": "verify-full"}),
    ],
)
def test_a_database_url_is_parsed_as_libpq_does(url: str, expected: dict[str, str]) -> None:
    assert env.parse_dsn(url).items() >= {"dbname": "desk", **expected}.items()
