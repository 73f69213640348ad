"""SEC441: pickles inside HDF5 files."""

from __future__ import annotations

from collections.abc import Iterator

from assay.artifact.revision import Revision
from assay.checks import check, fail
from assay.checks.callables import Verdict, weigh_name
from assay.checks.wording import shown
from assay.finding import Fact, Finding, Severity

__all__ = ["hdf5_pickle"]

_OWN = frozenset({"tables.Leaf.Filters", "tables.leaf.Filters", "tables.filters.Filters"})
"""What PyTables before 2.0 pickled by itself: how a node is compressed."""


@check("SEC441-hdf5-pickle", severity=Severity.HIGH, claims=("hdf5",))
def hdf5_pickle(revision: Revision) -> Iterator[Finding | Fact]:
    r"""Pickles in HDF5 files hold plain data, not classes and calls.

    PyTables and pandas keep what is no array as a pickle in an attribute or an array of bytes, and load it as soon as
    the file is opened or the node is read. Lists of column names need no class; anything that imports one runs code
    by merely opening a data file. What such a pickle calls is judged by SEC101 too.

    Sample: an attribute `FILTERS` of the root group whose text is `cos\nsystem\n(S'id'\ntR.`.

    Fix: do not open it with PyTables or pandas. Read the arrays with h5py, which loads no pickles, and save them anew.

    References: https://www.pytables.org/usersguide/libref/declarative_classes.html (AttributeSet), CWE-502.
    """
    for seen in revision.seen("hdf5"):
        for name, member in seen.observation.members:
            if member.format != "pickle":
                continue
            weighed = {item: weigh_name(item).verdict for item in member.facts["globals"] if item not in _OWN}
            imports = [item for item, verdict in weighed.items() if verdict is not Verdict.HARMLESS]
            certain = Verdict.DANGEROUS in weighed.values()
            if imports:
                yield fail(
                    hdf5_pickle, f"a pickle in {shown(name, 80)} imports {shown(', '.join(imports[:4]))}",
                    file=seen.file, location=seen.at(f"member {shown(name, 80)}"),
                    detail={"member": name, "globals": imports[:16]}, severity=None if certain else Severity.MEDIUM,
                    fix="Do not open it with PyTables or pandas; read the arrays with h5py.",
                )  # fmt: skip
