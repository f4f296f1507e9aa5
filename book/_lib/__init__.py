"""What the chapters need and the library does not: one module per chapter, and :mod:`_lib.common` for several."""
