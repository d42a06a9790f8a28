"""Statistics, verdicts and the table of the bench."""

import json

import pytest

from antiphon.bench import limits
from antiphon.bench.figures import Figure, Findings, Spread, best, quantile, single, spread, table, text


def test_a_quantile_is_the_smallest_value_that_the_share_does_not_exceed() -> None:
    values = list(range(1, 101))
    assert [quantile(values, share) for share in (0.5, 0.99, 1.0)] == [50, 99, 100]
    assert [quantile([7.0], share) for share in (0.0, 0.5, 0.99)] == [7.0, 7.0, 7.0]


def test_the_order_of_the_values_means_nothing() -> None:
    assert spread([3, 1, 2]) == spread([1, 2, 3]) == Spread(2, 3, 3)


def test_a_spread_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])


def test_the_best_run_is_the_one_with_the_lowest_p99_and_an_empty_one_is_none() -> None:
    assert best([[5, 9], [6, 7], []]) == Spread(6, 7, 7)
    assert best([[]]) is None


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.5, "good"), (0.7, "good"), (0.71, "ok"), (1.5, "ok"), (1.51, "short")]
)
def test_a_figure_is_judged_by_its_limits(value: float, verdict: str) -> None:
    assert Figure("x", "ms", single(value), 1.5, 0.7).verdict == verdict


def test_a_figure_without_limits_has_no_verdict_and_one_without_a_value_is_not_available() -> None:
    assert Figure("x", "ms", single(1)).verdict == ""
    assert Figure("x", "ms", None, 1, 1, "no server").verdict == "n/a"


def test_p99_is_what_is_judged() -> None:
    assert Figure("x", "ms", Spread(0.1, 1.6, 1.6), 1.5, 0.7).verdict == "short"
    assert Figure("x", "ms", Spread(0.1, 0.6, 9.9), 1.5, 0.7).verdict == "good"


def test_under_load_a_figure_may_be_a_quarter_higher_than_without() -> None:
    assert limits.loaded(2.0) == limits.Limit(2.5, 2.0)
    assert limits.loaded(None) == limits.Limit()


FINDINGS = Findings(
    "memory",
    "a bare client in Python",
    "locked memory",
    (
        Figure("due-time error", "ms", Spread(0.05, 0.0987, 1.5), 0.3, 0.1),
        Figure("memory, all", "MB", single(312.4), 300, 180),
        Figure("drift", "ms", None, 0.1, 0.02, "takes longer"),
    ),
)


def test_the_table_has_a_line_for_each_figure_with_columns_that_stand_in_line() -> None:
    assert table(FINDINGS) == "\n".join(
        [
            "Through memory; compared with a bare client in Python; granted: locked memory.",
            "",
            "                      p50     p99  max  required   aim",
            "due-time error (ms)  0.05  0.0987  1.5       0.3   0.1  good",
            "memory, all (MB)      312                    300   180  short",
            "drift (ms)            n/a                    0.1  0.02  takes longer",
        ]
    )


def test_programs_get_every_figure_with_its_verdict() -> None:
    read = json.loads(text(FINDINGS))
    assert [figure["verdict"] for figure in read["figures"]] == ["good", "short", "n/a"]
    assert read["figures"][0]["spread"] == {"p50": 0.05, "p99": 0.0987, "max": 1.5}
    assert (read["through"], read["figures"][2]["why"]) == ("memory", "takes longer")
