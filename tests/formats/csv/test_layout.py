"""The layout of results whose source is not CSV."""

from __future__ import annotations

import numpy as np

from gradcli.formats.csv import create_sink, holds_one_array
from gradcli.model.axes import Axis
from gradcli.model.fields import Field, Result
from gradcli.model.protocols import Destination
from tests.formats.csv.test_source import F8, load


class Foreign:
    """A source of another format."""

    format = "npy"
    description = "NPY"
    path = "x.npy"
    fields = {}
    notes = []


def convert(folder, axes, values, names=("r",)):
    field = Field("f", axes, "float64", F8, F8)
    results = [Result(name, axes, F8, "x", field) for name in names]
    out = folder / "o.csv"
    with create_sink(str(out), str(out), results, Foreign(), Destination()) as sink:
        for name in names:
            sink.put(sink.packer.pack(name, tuple(slice(0, n) for n in values.shape), values))
    return out.read_text(), holds_one_array(results, Foreign())


class TestConversions:
    X = Axis("lon", 2, np.array([0.0, 0.1]), key="lon")
    Y = Axis("lat", 3, np.array([-1.0, 0.0, 1.0]), key="lat", coordinate="lat")

    def test_table(self, tmp_path):
        text, one = convert(tmp_path, (self.Y,), np.array([1.0, np.nan, 1e-9]), ("a", "b"))
        assert text == "lat,a,b\n-1.0,1.0,1.0\n0.0,nan,nan\n1.0,1e-9,1e-9\n"
        assert not one
        text, _ = convert(tmp_path, (Axis(None, 2, start=5),), np.array([1.0, 2.0]))
        assert text == "index,r\n5,1.0\n6,2.0\n"

    def test_crosstab(self, tmp_path):
        text, one = convert(tmp_path, (self.Y, self.X), np.arange(6.0).reshape(3, 2))
        assert text == ",0.0,0.1\n-1.0,0.0,1.0\n0.0,2.0,3.0\n1.0,4.0,5.0\n"
        assert one

    def test_matrix(self, tmp_path):
        axes = (Axis(None, 2, key="0"), Axis(None, 2, key="1"))
        assert convert(tmp_path, axes, np.eye(2)) == ("1.0,0.0\n0.0,1.0\n", True)

    def test_long(self, tmp_path):
        values = np.arange(12.0).reshape(2, 3, 2)
        text, one = convert(tmp_path, (Axis("k", 2), self.Y, self.X), values, ("a", "b"))
        lines = text.splitlines()
        assert lines[:3] == ["k,lat,lon,a,b", "0,-1.0,0.0,0.0,0.0", "0,-1.0,0.1,1.0,1.0"]
        assert lines[-1] == "1,1.0,0.1,11.0,11.0"
        assert not one
        _, back, fields = load(tmp_path, text, "back.csv")
        np.testing.assert_array_equal(back["a"], values)
        assert [axis.name for axis in fields["a"].axes] == ["k", "lat", "lon"]
