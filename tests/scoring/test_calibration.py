"""Calibration error, curve and threshold on cases worked out by hand."""

import numpy as np
import pytest

from ousianer_cli.scoring.calibration import best_threshold, calibration, curve


def test_calibration_of_two_bins():
    found = calibration(np.array([0.9, 0.9, 0.9, 0.1]), np.array([1.0, 1.0, 0.0, 0.0]))
    assert found.ece == pytest.approx((abs(2.7 - 2) + 0.1) / 4)
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.81 + 0.01) / 4)
    assert found.bins == ((pytest.approx(0.1), 0.0, 1), (pytest.approx(0.9), pytest.approx(2 / 3), 3))
    assert calibration(np.array([1.0, 1.0]), np.array([1.0, 1.0])).ece == 0.0
    assert calibration(np.empty(0), np.empty(0)) is None


def test_curve_and_threshold():
    confidence = np.array([0.2, 0.9, 0.5, 0.9, 0.3])
    right = np.array([0.0, 1.0, 1.0, 0.0, 0.0])
    found = curve(confidence, right, 4)
    assert found.confidence.tolist() == [0.9, 0.5, 0.3, 0.2]
    assert found.kept.tolist() == [2, 3, 4, 5]
    assert found.precision.tolist() == [0.5, pytest.approx(2 / 3), 0.5, 0.4]
    assert found.recall.tolist() == [0.25, 0.5, 0.5, 0.5]
    best = best_threshold(found)
    assert (best.confidence, best.kept, best.of) == (0.5, 3, 5)
    assert best.f1 == pytest.approx(4 / 7) and best.f1_before == pytest.approx(4 / 9)
    # Dropping what lies below the threshold gives that very F1.
    kept = confidence >= best.confidence
    assert 2 * right[kept].sum() / (kept.sum() + 4) == pytest.approx(best.f1)


def test_nothing_to_keep():
    assert best_threshold(curve(np.empty(0), np.empty(0), 3)) is None
    assert best_threshold(curve(np.array([0.4]), np.array([0.0]), 0)).f1 == 0.0
