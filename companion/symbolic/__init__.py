"""Derivations with sympy, which write :mod:`companion.derived`; nothing at run time needs them."""
