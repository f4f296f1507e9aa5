"""Numbers given in Python: what can be used and what is refused, by name."""

import re

import numpy as np
import pytest

from companion import checks


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1, 2, float("nan")], {}, "counts[2] has no number (nan)"),
        ([1, None], {}, "counts[1] has no number (nan)"),
        (np.ma.masked_greater([1, 7], 5), {}, "counts[1] has no number (nan)"),
        ([[1, 2], [3, float("-inf")]], {}, "counts[1, 1] is infinite"),
        (float("inf"), {}, "counts is infinite"),
        ([3, -1], {"minimum": 0}, "counts[1] must not be negative, not -1"),
        (0, {"above": 0}, "counts must be positive, not 0"),
        ([0.5, 85], {"maximum": 1}, "counts[1] must be at most 1, not 85"),
        ([1, 2, 2], {"increasing": True}, "counts[2] must be larger than the one before it, not 2"),
        (["1", "2"], {}, "counts must be numbers, not "),
        (np.array(["1_5.0"], dtype=object), {}, "counts must be numbers, not "),
        ([1, 2j], {}, "counts must be numbers, not "),
        ({"a": 1}, {}, "counts must be numbers, not "),
        ([[1, 2], [3]], {}, "counts must be numbers, not "),
    ],
)
def test_numbers_that_cannot_be_used_are_refused(values, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        checks.finite("counts", values, **options)


def test_numbers_that_can_be_used_come_as_an_array():
    for values in ([1, 2], (1.0, 2.0), np.array([1, 2]), np.array([1, 2], dtype=object), np.ma.array([1, 2])):
        array = checks.finite("counts", values, minimum=0, increasing=True)
        assert array.dtype == float
        np.testing.assert_array_equal(array, [1, 2])
    assert checks.finite("counts", 3).shape == ()
