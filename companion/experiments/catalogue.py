"""Names and titles of the experiments of this package, without any of their code: ``python -m companion list``."""

from __future__ import annotations

__all__ = ["TITLES", "titles"]

TITLES = {
    "coherent-csi": "COHERENT-CsI",
    "coherent-csi-2021": "COHERENT-CsI, all data",
    "coherent-lar": "COHERENT-LAr",
    "cenns-750": "CENNS-750",
    "xenon1t": "XENON1T",
    "texono": "TEXONO (surrogate)",
    "dresden-ii": "Dresden-II",
    "cr51-cevns-si": "51Cr-Si",
    "cr51-cevns-ge": "51Cr-Ge",
    "cr51-cevns-al2o3": "51Cr-Al2O3",
    "cr51-cevns-cawo4": "51Cr-CaWO4",
    "cr51-lxe-a": "51Cr-LXe A",
    "cr51-lxe-b": "51Cr-LXe B",
    "cr51-lxe-c": "51Cr-LXe C",
    "xenonnt": "XENONnT",
    "xenonnt-b8": "XENONnT, solar 8B",
    "lz-ws2022": "LZ WS2022",
    "lz-ws2024": "LZ WS2024",
    "pandax-4t": "PandaX-4T Run1",
    "borexino-ii": "Borexino Phase II",
}
"""A test holds them to the experiments themselves."""


def titles() -> dict[str, str]:
    """Titles by name, in the order of :func:`companion.experiments.names`."""
    return dict(TITLES)
