"""Sterile-neutrino transition magnetic moments: the computations behind the book.

Data flows one way, and arrays pass between the rooms::

    fluxes -> cross_sections -> rates -> response -> statistics -> limits -> figures

Everything is in natural units with MeV = 1 (:mod:`companion.units`); a magnetic moment is in Bohr
magnetons unless a docstring says otherwise.
"""

__version__ = "0.1.0"
