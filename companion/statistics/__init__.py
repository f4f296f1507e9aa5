r"""Likelihoods: what was counted, what is expected, and the profile over what is not known exactly.

A likelihood is a deviance per bin, of counts (:class:`Poisson`) or of numbers with errors (:class:`Gaussian`), of an
expectation with named pulls

.. math::
   e_i(S,\mathbf a)=\bigl[M(t)S\bigr]_i\Bigl(1+\sum_kr^S_{ki}a_k\Bigr)+\sum_bB^b_i\Bigl(1+\sum_kr^b_{ki}a_k\Bigr),

and what is minimised over the pulls, with exact first and second derivatives, is

.. math:: \chi^2(S)=\min_{\mathbf a}\;\sum_if_i\bigl(e_i(S,\mathbf a)\bigr)+\sum_k\Bigl(\frac{a_k}{\sigma_k}\Bigr)^2 .

Most pulls are linear; one of them may be a shift :math:`t` of the signal along an axis (:class:`Shift`).  Likelihoods
add up: in ``a + b`` pulls of one name are one and the same, and the minimum is exact (:class:`Joint`).

What to use when: :class:`Poisson` for counts, :class:`Gaussian` for rates and differences with errors of their own, and
``+`` for several data sets.
"""

from .deviances import Gaussian, Poisson
from .joint import Joint
from .likelihood import Likelihood, Profile
from .pulls import Pull, Shift, delta_chi2

__all__ = ["Gaussian", "Joint", "Likelihood", "Poisson", "Profile", "Pull", "Shift", "delta_chi2"]
