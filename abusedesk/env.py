"""Every environment variable of the desk: name, type, default, unit and meaning."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from abusedesk.core import ids
from abusedesk.core.pgpaths import Paths, make_directory

BASE_DIR: Final = Path(__file__).resolve().parent.parent
PREFIX: Final = "ABUSEDESK_"
MAIL_SCHEMES: Final = ("smtp", "smtps", "smtp+tls")
BROKERS: Final = ("pgmq", "redis", "rediss", "amqp", "amqps", "memory")
MIN_SECRET: Final = 32
MAX_PORT: Final = 65535
SECRETS: Final = (
    "database_url",
    "broker_url",
    "secret_key",
    "token_pepper",
    "mail_url",
)  # each also as ..._FILE

WordList = Annotated[tuple[str, ...], NoDecode]
NetworkList = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode]


class EnvError(ValueError):
    """A variable is unknown or its value cannot be used; the text says which and why."""


class Env(BaseSettings):
    """What the environment decides. A field `port` is read from ABUSEDESK_PORT."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, populate_by_name=True
    )

    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="Postgres >= 15, e.g. postgresql://user:password@host/desk or "
        "postgresql:///desk?host=/run/postgresql&user=desk. Unset: the embedded server.",
    )
    broker_url: SecretStr | None = Field(
        None,
        description="Message broker: pgmq://user:password@host/desk, redis://host or amqp://host. "
        "Unset: queues in the same Postgres as the data (PGMQ).",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Signs sessions, at least 32 characters. Unset: made once in var/secret_key.",
    )
    token_pepper: SecretStr | None = Field(
        None,
        description="Mixed into hashes of API tokens, at least 32 characters; a change makes all "
        "tokens invalid. Unset: made once in var/token_pepper.",
    )
    var: Path = Field(Path("var"), description="Directory of everything the desk keeps on disk.")
    host: str = Field("127.0.0.1", description="Address on which the web server listens.")
    port: int = Field(8000, ge=1, le=MAX_PORT, description="TCP port of the web server.")
    allowed_hosts: WordList = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="Host names under which people open the desk, by comma.",
    )
    https: bool = Field(
        default=False, description="People reach the desk over https only: secure cookies and HSTS."
    )
    debug: bool = Field(
        default=False, description="Django's debug pages; never where attackers' evidence is real."
    )
    web_workers: int = Field(2, ge=1, le=64, description="Processes of the web server.")
    web_threads: int = Field(
        4, ge=1, le=64, description="Threads in each process of the web server."
    )
    worker_concurrency: int = Field(
        2, ge=1, le=256, description="Processes of the worker for long work."
    )
    detector_shards: int = Field(
        1,
        ge=1,
        le=256,
        description="Shards of one detector: how many workers can advance it at once.",
    )
    tick_s: int = Field(
        5,
        ge=1,
        le=3600,
        description="Seconds between two sweeps for work that a lost message forgot.",
    )
    exposure_budget: int = Field(
        120,
        ge=1,
        description="Points of disturbing evidence that one person may see uncovered in a shift; "
        "each item counts its content severity, 0 to 3.",
    )
    break_after: int = Field(
        10,
        ge=1,
        description="Disturbing items (content severity 2 or 3) after which a break is due.",
    )
    break_minutes: int = Field(
        10, ge=1, le=120, description="Minutes that a break lasts unless the person resumes before."
    )
    time_zone: str = Field(
        "UTC", description="Time zone in which people read times, e.g. Europe/Berlin."
    )
    public_url: str = Field(
        "",
        description="How people reach the desk, e.g. https://desk.example; links in mails begin "
        "with it.",
    )
    mail_url: SecretStr | None = Field(
        None,
        description="Mail server: smtps://user:password@host, smtp+tls://host:587 or smtp://host. "
        "Unset: the desk sends no mail.",
    )
    mail_from: str = Field(
        "abusedesk@localhost", description="Address from which the desk sends mail."
    )
    outbound_allow: NetworkList = Field(
        (),
        description="Private networks (CIDR, by comma) where webhooks, partners and the "
        "translation service may be.",
    )
    translate_url: str = Field(
        "",
        description="Translation service of one's own, asked only when somebody presses Translate: "
        "it is posted JSON {text, target} and answers {text, source}. Unset: no translation.",
    )
    translate_to: str = Field(
        "en",
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        description="Language into which it translates, e.g. en or pt-BR.",
    )
    oldest_signal: date = Field(
        date(2000, 1, 1), description="Signals that happened before this day are refused."
    )
    max_lag_signals: int = Field(
        200_000,
        ge=0,
        description="Stored signals that detectors, entities or fusion may have before them; above "
        "that, posts of signals are answered 429. 0: no limit.",
    )
    max_lag_s: int = Field(
        3600,
        ge=0,
        description="Seconds that they may be late, likewise. 0: no limit.",
    )
    audit_sample_percent: float = Field(
        2.0,
        ge=0,
        le=10,
        description="Campaigns below the threshold, in percent, that reviewers see nevertheless, "
        "unmarked: from these the desk estimates what it misses.",
    )
    bulk_cap: int = Field(
        10_000,
        ge=1,
        le=100_000,
        description="Cases that one action on many may change.",
    )
    demo: bool = Field(default=True, description="Load the demo world when the desk is empty.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged."
    )
    log_json: bool = Field(
        default=False, description="One JSON object a log line instead of text for people."
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return _words(value) if isinstance(value, str) else value

    @field_validator("outbound_allow", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        return tuple(map(ip_network, _words(value))) if isinstance(value, str) else value

    @field_validator("var")
    @classmethod
    def _anchor(cls, value: Path) -> Path:
        return BASE_DIR / value.expanduser()

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_dsn(value.get_secret_value())
        return value

    @field_validator("broker_url")
    @classmethod
    def _check_broker(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme not in BROKERS:
            msg = f"must begin with one of {', '.join(f'{name}://' for name in BROKERS[:-1])}"
            raise ValueError(msg)
        return value

    @field_validator("mail_url")
    @classmethod
    def _check_mail(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value() if value is not None else "smtp://unset")
        if parts.scheme not in MAIL_SCHEMES or not parts.hostname or not _has_port(parts):
            msg = f"must begin with one of {', '.join(f'{name}://' for name in MAIL_SCHEMES)}"
            raise ValueError(msg)
        return value

    @field_validator("public_url", "translate_url")
    @classmethod
    def _check_public(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            msg = "must begin with https:// or http://"
            raise ValueError(msg)
        return value

    @field_validator("secret_key", "token_pepper")
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < MIN_SECRET:
            msg = f"must have at least {MIN_SECRET} characters"
            raise ValueError(msg)
        return value

    @field_validator("time_zone")
    @classmethod
    def _check_zone(cls, value: str) -> str:
        if value not in available_timezones():
            msg = "must be a time zone such as Europe/Berlin"
            raise ValueError(msg)
        return value

    @property
    def embedded(self) -> bool:
        """No DATABASE_URL: the desk runs its own Postgres."""
        return self.database_url is None

    @property
    def dsn(self) -> str:
        """URL of the database: the given one, or that of the embedded server."""
        return (
            self.database_url.get_secret_value()
            if self.database_url
            else Paths.for_var(self.var).dsn
        )

    def secret(self, name: Literal["secret_key", "token_pepper"]) -> str:
        """The given secret, or the one made once under `var`."""
        given: SecretStr | None = getattr(self, name)
        if given:
            return given.get_secret_value()
        try:
            return _kept_secret(self.var / name)
        except OSError as error:
            message = f"{variable(name)} is not set and cannot be made: {error}."
            raise SystemExit(message) from None


def parse_dsn(url: str) -> dict[str, str]:
    """Parameters of a Postgres URL as libpq names them. Raises ValueError with a sentence."""
    if not url.startswith(("postgresql://", "postgres://")):
        msg = "must begin with postgresql://"
        raise ValueError(msg)
    try:
        params = conninfo_to_dict(url)
    except ProgrammingError as error:
        reason = str(error).strip().replace(url, "...")  # it may hold the password
        msg = f"is not a Postgres URL ({reason})"
        raise ValueError(msg) from None
    ports = str(params.get("port") or "5432").split(",")
    if not all(port.isdecimal() and 0 < int(port) <= MAX_PORT for port in ports):
        msg = "is not a Postgres URL (the port must be a number from 1 to 65535)"
        raise ValueError(msg)
    if not params.get("dbname"):
        msg = "must name a database: postgresql://user:password@host/database"
        raise ValueError(msg)
    return {name: str(value) for name, value in params.items()}


def load() -> Env:
    """Read the environment of this process. Raises EnvError with one sentence a fault."""
    faults = _unknown_variables()
    from_files: dict[str, str] = {}
    for name in SECRETS:
        try:
            from_files |= _from_file(name)
        except ValueError as error:
            faults.append(str(error))
    try:
        env = Env(**from_files)  # type: ignore[arg-type] # pydantic turns the strings into the declared types
    except ValidationError as error:
        faults += [_sentence(fault) for fault in error.errors()]
    if faults:
        raise EnvError("\n".join(faults))
    return env


@cache
def current() -> Env:
    """What this process started with; a fault ends the process with its sentences alone."""
    try:
        return load()
    except EnvError as error:
        raise SystemExit(str(error)) from None


def _has_port(parts: SplitResult) -> bool:
    """Whether its port is one, or left out."""
    with suppress(ValueError):
        return parts.port != 0
    return False


def variable(field: str) -> str:
    """Name of the environment variable of a field."""
    return str(Env.model_fields[field].validation_alias or f"{PREFIX}{field.upper()}")


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _unknown_variables() -> list[str]:
    known = {variable(name) for name in Env.model_fields} | {
        f"{variable(name)}_FILE" for name in SECRETS
    }
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    return [f"{name} is not a variable of abusedesk{_guess(name, known)}." for name in unknown]


def _guess(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}" if close else ""


def _from_file(field: str) -> dict[str, str]:
    name = variable(field)
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return {}
    if os.environ.get(name):
        msg = f"Both {name} and {name}_FILE are set; keep one of them."
        raise ValueError(msg)
    try:
        return {field: Path(path).read_text(encoding="utf-8").strip()}
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{name}_FILE names {path}, which cannot be read: {error}."
        raise ValueError(msg) from None


def _sentence(fault: ErrorDetails) -> str:
    field = str(fault["loc"][0])
    name = variable(field) if field in Env.model_fields else field
    reason = fault["msg"].removeprefix("Value error, ")
    shown = (
        ""
        if field in SECRETS or name == "DATABASE_URL"
        else f" (it is {os.environ.get(name, '')!r})"
    )
    return f"{name}: {reason[0].lower()}{reason[1:]}{shown}."


def _kept_secret(path: Path) -> str:
    """The secret at `path`, made when it is not there; two processes at once get the same."""
    if not path.exists():
        make_directory(path.parent)
        fresh = path.with_name(f".{path.name}.{ids.random_token(8)}")
        fresh.touch(mode=0o600)
        fresh.write_text(ids.random_token(48), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text(encoding="ascii").strip()
