"""What the paper claims, section by section: the functions that compute it for :mod:`companion.ledger`.

A check takes a :class:`~companion.ledger.Claim` and returns an :class:`~companion.ledger.Outcome`.
"""
