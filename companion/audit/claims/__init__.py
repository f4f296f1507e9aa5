"""What the paper claims, section by section: the functions that check it for :mod:`companion.audit.ledger`.

A check takes what it asks for by the names of its parameters (the :class:`~companion.audit.model.Claim`, the
:class:`~companion.audit.context.Context`, the arguments of the row) and returns an
:class:`~companion.audit.outcomes.Outcome`.
"""
