"""What all results have in common, and any numbers as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import __version__
from ..data import Table
from ..experiments import Experiment
from .provenance import Provenance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["STATUS", "Result", "table"]

Array = NDArray[np.float64]

STATUS = f"derived: computed by companion {__version__}"


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Result:
    """What all results have in common.

    Attributes
    ----------
    name, title : str
        of the table and of its file, and in words
    provenance : Provenance
        what it rests on
    notes : mapping of str to str
        what else is said beside the numbers
    """

    name: str
    title: str
    provenance: Provenance
    notes: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        made = self.table
        what = f"{len(made)} rows of {', '.join(made.columns)}"
        return f"<{type(self).__name__} {self.title!r}: {self.provenance.kind}, {what}>"

    def _columns(self) -> dict[str, tuple[ArrayLike, str]]:
        """Columns of the table with their units."""
        raise NotImplementedError

    @property
    def table(self) -> Table:
        """The numbers as a table; :func:`companion.data.read` reads it back from a file."""
        columns = self._columns()
        arrays = {name: values for name, (values, _) in columns.items()}
        units = {name: unit for name, (_, unit) in columns.items()}
        return table(self.name, {"title": self.title, **self.notes}, arrays, units, self.provenance)

    @property
    def surrogate(self) -> bool:
        """Whether a surrogate of data is in it."""
        return bool(self.provenance.surrogates)

    @property
    def projected(self) -> bool:
        """Whether a projection is in it."""
        return bool(self.provenance.projections)

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw it into axes, new ones by default, and return them."""
        from .. import plot

        return plot.draw(self, ax, **style)

    def write(self, path: str | Path) -> Path:
        """Write it to a file whose ending says the format: .csv, .json, .yaml (HEPData), or .png, .pdf, .svg."""
        from .. import io

        return io.write(self, path)

    def savefig(self, file: IO[bytes], form: str) -> None:
        """Draw it into an open file: ``"png"``, ``"pdf"`` or ``"svg"``."""
        from .. import plot

        plot.save(self.plot(), file, form)

    def cite(self) -> str:
        """What the numbers rest on, as BibTeX."""
        from ..citations import bibtex

        return bibtex(self.provenance.sources)

    def to_pandas(self) -> Any:
        """The table as a pandas DataFrame, its units and notes in ``attrs``; needs pandas."""
        import pandas

        made = self.table
        frame = pandas.DataFrame(dict(made.columns))
        frame.attrs = {"units": dict(made.units), "source": made.source, **made.notes}
        return frame

    def to_xarray(self) -> Any:
        """The table as an xarray Dataset over its first column; needs xarray."""
        import xarray

        made = self.table
        first, *rest = made.columns
        variables = {name: (first, made.columns[name], {"units": made.units[name]}) for name in rest}
        coordinate = {first: (first, made.columns[first], {"units": made.units[first]})}
        return xarray.Dataset(variables, coordinate, {"source": made.source, **made.notes})

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def table(
    name: str,
    title: str | Mapping[str, str],
    columns: Mapping[str, ArrayLike],
    units: Mapping[str, str],
    provenance: Provenance | Iterable[str | Experiment] = (),
) -> Table:
    """Any numbers as a table with units and provenance.

    Parameters
    ----------
    name : str
        of the table
    title : str or mapping
        what it is, or notes among which ``"title"`` is one
    columns : mapping of str to array_like
        one-dimensional, of one length
    units : mapping of str to str
        one for each column, ``"1"`` for pure numbers and ``"-"`` for text
    provenance : Provenance or iterable of experiments
        what the numbers rest on; nothing for formulas

    Raises
    ------
    ValueError
        for columns without units or of different lengths
    """
    if set(units) != set(columns):
        raise ValueError(f"the columns are {', '.join(columns)}, and there are units for {', '.join(units) or 'none'}")
    arrays = {key: np.ravel(np.asarray(values)) for key, values in columns.items()}
    if len({len(array) for array in arrays.values()}) != 1:
        raise ValueError("the columns of a table must be of one length")
    rests_on = provenance if isinstance(provenance, Provenance) else Provenance.of(provenance)
    notes = {"title": title} if isinstance(title, str) else dict(title)
    return Table(name, arrays, dict(units), rests_on.source, STATUS, {**notes, **rests_on.notes()})
