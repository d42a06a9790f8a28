"""What to type for an extra, in the environments that pip, pipx and uv make."""

from pathlib import Path

from antiphon.extras import install


def test_pip_is_asked_through_the_interpreter_that_runs(tmp_path: Path) -> None:
    said = install("score", tmp_path, "/home/me/my music/bin/python", pip=True, system="linux")
    assert said == "'/home/me/my music/bin/python' -m pip install 'antiphon[score]'"


def test_on_windows_it_is_quoted_as_its_shell_wants_it(tmp_path: Path) -> None:
    said = install("score", tmp_path, r"C:\my music\python.exe", pip=True, system="win32")
    assert said == r'"C:\my music\python.exe" -m pip install antiphon[score]'


def test_where_pipx_installed_it_pipx_is_named_with_the_name_it_gave(tmp_path: Path) -> None:
    place = tmp_path / "antiphon-beta"
    place.mkdir()
    (place / "pipx_metadata.json").touch()
    said = install("link", place, str(place / "bin/python"), pip=True, system="linux")
    assert said == "pipx runpip antiphon-beta install 'antiphon[link]'"


def test_a_tool_of_uv_and_an_environment_without_pip_are_filled_by_uv(tmp_path: Path) -> None:
    wanted = "uv pip install --python /x/python 'antiphon[train]'"
    assert install("train", tmp_path, "/x/python", pip=False, system="linux") == wanted
    (tmp_path / "uv-receipt.toml").touch()
    assert install("train", tmp_path, "/x/python", pip=True, system="linux") == wanted
