"""The wheel that the project builds is all that an empty machine needs."""

import re
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest
from support.command_line import Serve

ROOT = Path(__file__).parent.parent

pytestmark = [pytest.mark.service, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the project."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A virtual environment that holds the wheel and what it asks for, in the versions we lock."""
    folder = tmp_path_factory.mktemp("venv")
    versions = re.findall(
        r"^(\S+==[^\\\n]+)", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE
    )
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(versions))
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    install = ("-m", "pip", "install", "--quiet", "--no-compile", "-c", str(constraints))
    run(str(python), *install, str(wheel))
    yield python.parent
    shutil.rmtree(folder)  # 600 MB, that pytest would keep for three runs


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    """Templates, static files, SQL and migrations are packed, and the licence with them."""
    tracked = run("git", "-C", str(ROOT), "ls-files", "tallygate").split()
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert [name for name in tracked if name not in packed] == []
    assert {Path(name).name for name in packed} >= {"LICENSE", "NOTICE", "entry_points.txt"}


def test_an_installed_wheel_serves(installed: Path, tmp_path: Path) -> None:
    """Installed on an empty machine, `tallygate serve` gets ready and shows its pages with their files."""
    home = tmp_path / "home"
    with Serve(home, command=(str(installed / "tallygate"),), folder=tmp_path) as running:
        running.wait_until_ready()
        site = f"http://127.0.0.1:{running.console}/"
        with urlopen(site) as answer:
            page, address = answer.read().decode(), answer.url
        assert "<title>" in page
        files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
        assert files
        for file in files:
            with urlopen(urljoin(address, file)) as answer:
                assert answer.status == 200
                assert answer.read()
        assert running.stop()[0] == 0


def test_an_installed_wheel_bootstraps_and_verifies(installed: Path, tmp_path: Path) -> None:
    """The other commands work from the wheel as well."""
    tallygate, home = str(installed / "tallygate"), str(tmp_path / "home")
    assert "application.user_key: " in run(tallygate, "bootstrap", "--home", home)
    assert "no differences" in run(tallygate, "verify", "--home", home)


def test_what_applications_load_needs_nothing_else(wheel: Path, tmp_path: Path) -> None:
    """Installed with --no-deps, without the server's packages, the client works, and the command says what it lacks."""
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(str(python), "-m", "pip", "install", "--quiet", "--no-deps", str(wheel))
    script = (
        "from tallygate.client import Client; from tallygate import middleware;"
        f"client = Client('token', 1, listener='http://127.0.0.1:9', spool='{tmp_path / 'spool'}');"
        "assert client.report(user_key='key', usage={'hits': 1}); client.close(0)"
    )
    run(str(python), "-c", script)
    done = subprocess.run([python.parent / "tallygate", "serve"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "comes with pip install tallygate" in done.stderr
