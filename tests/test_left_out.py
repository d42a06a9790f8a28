"""A test that cannot run says why; where everything is required it fails."""

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

SKIPPING = """
    import pytest

    @pytest.mark.skip(reason="no piano in this room")
    def test_of_the_piano(): ...

    @pytest.mark.xfail(reason="not yet in tune")
    def test_known_to_fail():
        assert False
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("ANTIPHON_REQUIRE_ALL", raising=False)
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makeini("[pytest]\naddopts = -ra -p no:cacheprovider\nmarkers =\n  midi: plays\n  train: learns")
    return pytester


def test_a_skipped_test_is_left_out_with_its_reason(suite: pytest.Pytester) -> None:
    suite.makepyfile(SKIPPING)
    result = suite.runpytest_inprocess()
    result.assert_outcomes(skipped=1, xfailed=1)
    result.stdout.fnmatch_lines("SKIPPED*no piano in this room")


def test_where_all_is_required_a_skipped_test_fails_with_its_reason(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_REQUIRE_ALL", "1")
    suite.makepyfile(SKIPPING)
    result = suite.runpytest_inprocess()
    result.assert_outcomes(errors=1, xfailed=1)
    result.stdout.fnmatch_lines("Left out, though*no piano in this room")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_where_all_is_required_a_file_left_out_is_an_error(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTIPHON_REQUIRE_ALL", "1")
    suite.makepyfile("import pytest\npytest.importorskip('a_library_nobody_has')")
    result = suite.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("Left out, though*a_library_nobody_has*")


def test_without_jackd_the_tests_marked_midi_are_left_out_and_no_others(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    suite.makepyfile("import pytest\n@pytest.mark.midi\ndef test_live(): ...\ndef test_pure(): ...")
    result = suite.runpytest_inprocess()
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines("SKIPPED*jackd is not installed*")
