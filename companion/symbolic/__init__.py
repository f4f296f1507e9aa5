"""Derivations with sympy, and the functions lambdified from them; nothing is derived on import."""
