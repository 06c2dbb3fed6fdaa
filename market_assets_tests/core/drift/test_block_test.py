"""The block test: its definition, its error rate under dependence, its power."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from market_assets.core.drift.block_test import GRID, block_test, make_blocks
from market_assets.core.drift.corrected import CORRECTIONS, drift_tests
from market_assets.core.drift.ks import ks_two_sample
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.identity import canonical_json
from market_assets_tests.core.drift.processes import CURRENT, SESSIONS, remembering

DRAWS, FEATURES, LEVEL = 60, 6, 0.05
ERROR = 3 * np.sqrt(LEVEL * (1 - LEVEL) / DRAWS)
"""Three standard errors of a rate of ``LEVEL``."""


def split(columns, session):
    """Reference and current columns with their sessions."""
    now = session >= SESSIONS - CURRENT
    old, new = ({name: values[rows] for name, values in columns.items()} for rows in (~now, now))
    return old, new, session[~now], session[now]


@pytest.fixture(scope="module", params=[0.0, 0.95])
def quiet(request):
    """Payloads on a process that never changes, without memory and with a memory of twenty sessions, and KS beside."""
    rng = np.random.Generator(np.random.PCG64(4))
    out = []
    for _ in range(DRAWS):
        parts = split(*remembering(rng, FEATURES, request.param))
        out.append((drift_tests(*parts, LEVEL), ks_two_sample(parts[0]["f0"], parts[1]["f0"]).pvalue))
    return request.param, out


def test_the_definition():
    """Means of blocks of session means of mapped values, one session at a time, give the same statistics."""
    rng = np.random.Generator(np.random.PCG64(0))
    columns, session = remembering(rng, 1, 0.5)
    columns["f0"][rng.random(session.size) < 0.1] = np.nan
    old, new, before, now = split(columns, session)
    found = block_test(old["f0"], new["f0"], make_blocks(before, now))
    used = before >= (SESSIONS - CURRENT) % CURRENT
    known = old["f0"][used & ~np.isnan(old["f0"])]
    grid = np.quantile(known, (np.arange(GRID) + 0.5) / GRID)

    def figure(values, sessions, power):
        u = np.array([((grid < v).sum() + (grid <= v).sum()) / (2 * GRID) - 0.5 for v in values]) ** power
        u[np.isnan(values)] = np.nan
        return np.nanmean([np.nanmean(u[sessions == one]) for one in np.unique(sessions)])

    statistics = []
    for power in (1, 2):
        blocks = [
            figure(old["f0"][rows], before[rows], power)
            for begin in range((SESSIONS - CURRENT) % CURRENT, SESSIONS - CURRENT, CURRENT)
            if (rows := (before >= begin) & (before < begin + CURRENT)).any()
        ]
        s = np.std(blocks, ddof=1) * np.sqrt(1 + 1 / len(blocks))
        statistics.append((figure(new["f0"], now, power) - np.mean(blocks)) / s)
    assert found.blocks == len(blocks) == (SESSIONS - CURRENT) // CURRENT
    np.testing.assert_allclose([found.location, found.spread], statistics, rtol=1e-9)
    assert found.pvalue == pytest.approx(min(1, 4 * student.sf(np.abs(statistics).max(), found.blocks - 1)))


def test_false_alarms_are_about_nominal(quiet):
    """One test in twenty rejects alone, one family in twenty after Holm, whatever the memory; BY is below."""
    _, out = quiet
    single = np.mean([entry["pvalue"] <= LEVEL for payload, _ in out for entry in payload["tests"]])
    assert 0.02 < single < LEVEL + 0.02
    rates = {name: np.mean([bool(payload["rejected"][name]) for payload, _ in out]) for name in CORRECTIONS}
    assert rates["benjamini_yekutieli"] <= rates["holm"] <= rates["benjamini_hochberg"] <= LEVEL + ERROR


def test_counting_rows_as_draws_alarms_without_cause(quiet):
    """Kolmogorov-Smirnov on the same rows: this is what the blocks are for."""
    memory, out = quiet
    rate = np.mean([pvalue <= LEVEL for _, pvalue in out])
    assert rate > (0.5 if memory else 0.1)


@pytest.mark.parametrize("change", [lambda x: x + 1.5, lambda x: 2.5 * x], ids=["location", "spread"])
def test_power(change):
    """A feature that moves by 1.5 deviations, or is 2.5 times as wide, is named in most draws; others rarely are."""
    rng = np.random.Generator(np.random.PCG64(9))
    hits = others = 0
    for _ in range(15):
        old, new, before, now = split(*remembering(rng, FEATURES, 0.5))
        new["f2"] = change(new["f2"])
        rejected = drift_tests(old, new, before, now, LEVEL)["rejected"]["holm"]
        hits += "f2" in rejected
        others += bool(set(rejected) - {"f2"})
    assert hits >= 13
    assert others <= 3


def test_what_cannot_be_tested_is_a_gap():
    """Too short a reference, a feature without values and one without current values are gaps, never verdicts."""
    columns, session = remembering(np.random.Generator(np.random.PCG64(1)), 3, 0.5)
    old, new, before, now = split(columns, session)
    old["f1"] = np.full(before.size, np.nan)
    new["f2"] = np.full(now.size, np.nan)
    payload = drift_tests(old, new, before, now, LEVEL)
    canonical_json(payload)
    assert [entry["name"] for entry in payload["tests"]] == ["f0"]
    assert [gap["figure"] for gap in payload["gaps"]] == ["drift_test[f1]", "drift_test[f2]"]
    late = before >= SESSIONS - 4 * CURRENT
    short = drift_tests({"f0": old["f0"][late]}, {"f0": new["f0"]}, before[late], now, LEVEL)
    assert (short["alarm"], short["tests"], short["gaps"][0]["figure"]) == (False, [], "drift_tests")
    with pytest.raises(BadInputError, match="drift_rows"):
        block_test(old["f0"][1:], new["f0"], make_blocks(before, now))
    with pytest.raises(NotEnoughDataError):
        make_blocks(before, now[:0])


def test_constants():
    """A feature that never varied and does not now has p = 1; one that leaves its constant is rejected."""
    _, session = remembering(np.random.Generator(np.random.PCG64(1)), 1, 0.5)
    _, _, before, now = split({}, session)
    blocks = make_blocks(before, now)
    assert block_test(np.ones(before.size), np.ones(now.size), blocks).pvalue == 1.0
    assert block_test(np.ones(before.size), np.zeros(now.size), blocks).pvalue < 1e-6
