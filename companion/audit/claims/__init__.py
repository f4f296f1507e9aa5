"""What the paper claims, section by section: the functions that compute it for :mod:`companion.audit.ledger`.

A check takes a :class:`~companion.audit.ledger.Claim` and returns an :class:`~companion.audit.ledger.Outcome`.
"""
