"""Dates in results."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from gradcli.formats.csv.stamps import dates_of


def test_an_offset_is_written() -> None:
    since = "seconds since 2022-09-04 03:15:00"
    for hours, text in ((3, "06:15:00+03:00"), (0, "03:15:00+00:00"), (-2.5, "00:45:00-02:30")):
        dates = dates_of(np.array([0.0]), since, "s", timedelta(hours=hours))
        assert dates.tolist() == [f"2022-09-04T{text}"]
