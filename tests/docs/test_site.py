"""The site: built without a warning, with everything that there is in its reference, and current by its making."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from docs import listing
from tests.docs.pages import DOCS, REPOSITORY

from antiphon.config.options import EVERY
from antiphon.core.acts import ACTS
from antiphon.core.parameters import REGISTRY
from antiphon.core.scenes import CALLS
from antiphon.errors import ConfigError, PortError
from antiphon.page import osc


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "--quiet", str(DOCS), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reference")
    listing.write(folder)
    return {page.stem: page.read_text() for page in folder.glob("*.md")}


def test_the_site_has_every_page_and_every_picture_that_its_pages_show(site: Path) -> None:
    assert {page.stem for page in DOCS.glob("*.md")} <= {page.stem for page in site.glob("*.html")}
    for page in site.rglob("*.html"):
        for source in re.findall(r'<img[^>]* src="([^"]+)"', page.read_text()):
            assert (page.parent / source).exists(), f"{page.name}: {source}"


def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"', page.read_text())
        loaded += re.findall(r'<link[^>]* rel="(?:stylesheet|icon)"[^>]* href="([^"]+)"', page.read_text())
        assert [address for address in loaded if "//" in address] == [], page.name


def test_every_command_has_its_options_in_the_reference(pages: dict[str, str]) -> None:
    assert "## antiphon\n\n| option | default | what it does |\n|---|---|---|\n| `--version` |" in pages["commands"]
    for program, app in listing.APPS.items():
        for name, command in listing.every(program, typer.main.get_command(app)):
            [said] = re.findall(
                rf"^### {re.escape(name)}\n(.*?)(?=^##|\Z)", pages["commands"], re.MULTILINE | re.DOTALL
            )
            options = [p for p in command.params if p.param_type_name == "option" and p.name != "help" and not p.hidden]
            assert [p.opts[0] for p in options if f"`{p.opts[0]}`" not in said] == []


def test_every_setting_and_every_parameter_is_in_the_reference(pages: dict[str, str]) -> None:
    assert [name for name in REGISTRY if f"| `{name}` |" not in pages["parameters"]] == []
    settings = [option for option in EVERY if not option.live]
    assert [option.name for option in settings if option.variable not in pages["configuration"]] == []


def test_every_key_of_a_scene_and_every_kind_of_error_is_in_the_reference(pages: dict[str, str]) -> None:
    _, heading, scenes = pages["configuration"].partition("## [scenes.NAME]\n")
    assert heading
    assert [key for key, one in CALLS.items() if f"| `{key}` |" not in scenes or one.help not in scenes] == []
    assert [kind for kind in (ConfigError, PortError) if f"`{kind.__name__}`" not in pages["errors"]] == []


def test_every_act_and_every_route_is_in_the_reference_with_what_it_does(pages: dict[str, str]) -> None:
    assert [act for act in ACTS if f"`{act}`" not in pages["http"]] == []
    routes = re.findall(r"^\| `\w+` \| `(\S+)` \| (.*) \|$", pages["http"], re.MULTILINE)
    assert [route for route, said in routes if not said] == []
    assert {"/api/parameters", "/api/state", "/api/acts/{name}", "/ws"} <= {route for route, _ in routes}


def test_every_address_of_osc_is_in_the_reference_with_what_it_means(pages: dict[str, str]) -> None:
    for said, why in (osc.HEARD | osc.TOLD).items():
        assert f"| `{said}` | {why} |" in pages["osc"]


def test_the_messages_that_the_reference_shows_are_those_that_the_stream_obeys() -> None:
    """Each is one of the forms in page.app, and there are no others; its own tests say what comes of them."""
    source = (REPOSITORY / "daemon" / "antiphon" / "page" / "app.py").read_text()
    shown = {word for said in listing.SAYS for word in json.loads(said)}
    assert shown == set(re.findall(r'case \{"(\w+)": ', source))
