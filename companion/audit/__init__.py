"""What one paper prints, held against what this package computes.

The audit uses the library and the library never imports it: :mod:`companion.audit.ledger` judges the claims of the
paper by the functions of :mod:`companion.audit.claims`, and :mod:`companion.audit.printed` reads its Tables I and II.
"""
