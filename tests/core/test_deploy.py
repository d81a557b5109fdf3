"""The files of deploy/ run what `manage.py up` runs, with variables that exist and equal limits."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from abusedesk import env
from abusedesk.core import programs
from detectors.schema import MAX_BODY_BYTES

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMMON = DEPLOY / "systemd" / "abusedesk-.service.d" / "common.conf"
PYTHON = "/opt/abusedesk/.venv/bin/python manage.py "
GUIDE = DEPLOY.parent / "docs" / "deploy.md"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".lock")
VARIABLE = re.compile(r"\b(?:ABUSEDESK_[A-Z][A-Z_]*[A-Z]|DATABASE_URL(?:_FILE)?)\b")


def _options(unit: Path) -> Iterator[tuple[str, str]]:
    for line in unit.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield name, value


def _option(unit: Path, name: str) -> str:
    (value,) = [value for known, value in _options(unit) if known == name]
    return value


def _compose() -> dict[str, Any]:
    text = (DEPLOY / "compose.yml").read_text(encoding="utf-8")
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return {name: one for name, one in services.items() if one["image"] == "abusedesk"}


def _dockerfile() -> str:
    return (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")


def _json(instruction: str) -> list[str]:
    """What a line of the Dockerfile runs."""
    found = re.search(rf"^{instruction}.*?(\[.*\])$", _dockerfile(), re.MULTILINE)
    assert found
    words: list[str] = json.loads(found[1])
    return words


def _in_units() -> list[list[str]]:
    lines = [_option(unit, "ExecStart") for unit in UNITS]
    assert [line for line in lines if not line.startswith(PYTHON)] == []
    return [shlex.split(line.removeprefix(PYTHON)) for line in lines]


def _in_compose() -> list[list[str]]:
    return [one["command"] for one in _compose().values()]


def _in_image() -> list[list[str]]:
    built = re.findall(r"python manage\.py ([^&\n]+)", _dockerfile())
    return [_json("CMD"), *(shlex.split(words) for words in built)]


ALL = {"systemd": _in_units(), "compose": _in_compose(), "image": _in_image()}


@pytest.mark.parametrize("where", ALL)
def test_every_command_line_is_one_that_manage_py_takes(where: str) -> None:
    for name, *words in ALL[where]:
        app = get_commands()[name]
        assert isinstance(app, str)
        load_command_class(app, name).create_parser("manage.py", name).parse_args(words)


@pytest.mark.parametrize("where", ["systemd", "compose"])
def test_every_program_of_a_desk_is_started_once(where: str) -> None:
    started = [words[0] for name, *words in ALL[where] if name == "start"]
    assert sorted(started) == sorted(programs.PROGRAMS)
    assert [name for name, *_ in ALL[where] if name != "start"] == ["prepare"]


@pytest.mark.parametrize("path", [*FILES, GUIDE], ids=lambda path: path.name)
def test_every_variable_is_one_that_the_desk_reads(path: Path) -> None:
    known = {env.variable(name) for name in env.Env.model_fields}
    known |= {f"{env.variable(name)}_FILE" for name in env.SECRETS}
    assert set(VARIABLE.findall(path.read_text(encoding="utf-8"))) - known == set()


def test_every_secret_is_given_as_a_file() -> None:
    """A secret that is made on the fly would differ from machine to machine."""
    optional = {"ABUSEDESK_BROKER_URL_FILE", "ABUSEDESK_MAIL_URL_FILE"}
    wanted = {f"{env.variable(name)}_FILE" for name in env.SECRETS} - optional
    in_units = {value.split("=")[0] for name, value in _options(COMMON) if name == "Environment"}
    assert wanted <= in_units
    for name, one in _compose().items():
        given = one["environment"]
        assert wanted <= set(given), name
        paths = {given[variable] for variable in wanted}
        assert paths == {f"/run/secrets/{secret}" for secret in one["secrets"]}, name


def test_what_a_unit_loads_as_credential_is_what_it_reads() -> None:
    loaded = {value.split(":")[0] for name, value in _options(COMMON) if name == "LoadCredential"}
    read = {
        value.split("%d/")[1]
        for name, value in _options(COMMON)
        if name == "Environment" and "%d/" in value
    }
    assert loaded == read


def test_workers_have_as_long_to_stop_as_under_make_run() -> None:
    wanted = str(programs.WORKER_STOP_S)
    for name in ("worker", "cases"):
        assert _option(DEPLOY / "systemd" / f"abusedesk-{name}.service", "TimeoutStopSec") == wanted
        assert _compose()[name]["stop_grace_period"] == f"{wanted}s"


def test_programs_wait_for_what_prepares_them() -> None:
    for unit in UNITS:
        if unit.stem != "abusedesk-prepare":
            assert _option(unit, "Requires") == "abusedesk-prepare.service"
            assert "abusedesk-prepare.service" in _option(unit, "After").split()
    for name, one in _compose().items():
        assert ("prepare" in one["depends_on"]) == (name != "prepare")


def test_the_image_holds_what_runs_and_nothing_else() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert "*" in lines
    assert kept == {
        "manage.py", "abusedesk", "cases", "detectors", "static", "templates",
        "deploy/requirements.lock",
    }  # fmt: skip


def test_the_image_runs_as_nobody_in_particular_and_is_probed() -> None:
    assert re.search(r"^USER abusedesk$", _dockerfile(), re.MULTILINE)
    python, flag, program = _json("HEALTHCHECK")
    assert (python, flag) == ("python", "-c")
    compile(program, "HEALTHCHECK", "exec")
    assert _json("ENTRYPOINT") == ["python", "manage.py"]


def test_nginx_has_the_limits_and_the_address_of_the_desk() -> None:
    conf = (DEPLOY / "nginx" / "abusedesk.conf").read_text(encoding="utf-8")
    fields = env.Env.model_fields
    assert f"server {fields['host'].default}:{fields['port'].default};" in conf
    assert f"client_max_body_size {MAX_BODY_BYTES // 2**20}m;" in conf
    assert "proxy_set_header X-Forwarded-Proto https;" in conf


def test_the_wrapper_of_manage_py_is_a_shell_script() -> None:
    script = DEPLOY / "systemd" / "abusedesk-manage"
    checked = subprocess.run(["/bin/sh", "-n", str(script)], check=False)
    assert checked.returncode == 0
    assert script.stat().st_mode & 0o111


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """The shipped units, with a Python that is here."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed, so the units were not checked")
    shutil.copytree(DEPLOY / "systemd", tmp_path, dirs_exist_ok=True)
    copies = sorted(tmp_path.glob("*.service"))
    for unit in copies:
        unit.write_text(unit.read_text().replace(PYTHON.split(maxsplit=1)[0], sys.executable))
    return [str(unit) for unit in copies]


@pytest.mark.deploy
def test_systemd_understands_every_line(units: list[str]) -> None:
    said = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")


@pytest.mark.deploy
def test_systemd_finds_little_that_a_unit_could_do_beyond_its_work(units: list[str]) -> None:
    """The rest is the network, which it needs, and the root directory of the host."""
    for unit in units:
        said = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=15", unit],
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stdout
