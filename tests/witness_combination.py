"""Joint chi-squares once more, as the generalised chi-square with a covariance, and a search by chance.

The pulls of Eqs. (23)-(26) are not minimised over but put into the covariance of the residuals; what two experiments
share is off its diagonal blocks.  Nothing here imports the package; widths are typed from the paper.
"""

import numpy as np
import witness_csi
import witness_lar

FLUX = 0.10  # of the signals of both COHERENT detectors, in common


def csi(signal):
    """Residuals, covariance without the common flux, and what the flux scales: Eq. (24)."""
    observed = witness_csi.ON[6] - witness_csi.AC[6]
    covariance = np.diag(observed + witness_csi.NEUTRONS + 2.0 * witness_csi.AC[6])
    covariance = covariance + (0.128**2 - FLUX**2) * np.outer(signal, signal)
    covariance += 0.25**2 * np.outer(witness_csi.NEUTRONS, witness_csi.NEUTRONS)
    return observed - signal - witness_csi.NEUTRONS, covariance, signal


def lar(observed, error, signal):
    """The same for Eq. (25); data and statistical errors are handed over."""
    prompt, late = witness_lar.PROMPT, witness_lar.LATE
    covariance = np.diag(error**2 + (0.017 * (prompt + late)) ** 2)
    for width, template in ((np.sqrt(0.134**2 - FLUX**2), signal), (0.32, prompt), (1.0, late)):
        covariance = covariance + width**2 * np.outer(template, template)
    return observed - signal - prompt - late, covariance, signal


def xenon(observed, error, background, signal):
    """The same for Eq. (23)."""
    covariance = np.diag(error**2) + 0.03**2 * np.outer(signal, signal)
    return observed - signal - background, covariance + 0.026**2 * np.outer(background, background), 0 * signal


def texono(observed, error, signal):
    """The same for Eq. (26)."""
    return observed - signal, np.diag(error**2) + 0.2**2 * np.outer(signal, signal), 0 * signal


def joint(*parts):
    """The generalised chi-square of several data sets, the flux in common."""
    residual = np.concatenate([part[0] for part in parts])
    flux = np.concatenate([part[2] for part in parts])
    covariance = FLUX**2 * np.outer(flux, flux)
    first = 0
    for own, block, _ in parts:
        last = first + len(own)
        covariance[first:last, first:last] += block
        first = last
    return float(residual @ np.linalg.solve(covariance, residual))


def printed(parts, signals):
    """The blocks of the witness for signals by name; data that the witness does not type come from the files."""
    blocks = []
    for name, signal in signals.items():
        likelihood = parts[name].likelihood
        if name == "coherent-csi":
            blocks.append(csi(signal))
        elif name == "coherent-lar":
            systematic = 0.017 * (witness_lar.PROMPT + witness_lar.LATE)
            blocks.append(lar(likelihood.observed, np.sqrt(likelihood.sigma**2 - systematic**2), signal))
        elif name == "xenon1t":
            blocks.append(xenon(likelihood.observed, likelihood.sigma, likelihood.backgrounds["B0"], signal))
        else:
            blocks.append(texono(likelihood.observed, likelihood.sigma, signal))
    return blocks


def minimum_over_one(function, highest):
    """Smallest value of a function of one variable from 0 to ``highest``, on ever finer grids."""
    low, high = 0.0, highest
    for _ in range(12):
        grid = np.linspace(low, high, 25)
        values = [function(x) for x in grid]
        k = int(np.argmin(values))
        low, high = grid[max(k - 1, 0)], grid[min(k + 1, 24)]
    return min(values)


def largest_root(function, ceiling, start):
    """Largest x with ``function(x) = ceiling``: from far above down, then by halving."""
    high = start
    while function(high) > ceiling:
        high /= 1.05
    low, high = high, high * 1.05
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < ceiling else (low, middle)
    return low


def dice(chi2, ceiling, index, scale, generator, rounds=14, throws=24):
    """A large modulus of one of three complex moments below a ceiling of the chi-square, by chance alone.

    Directions are thrown, first anywhere and then closer and closer to the best one so far; ``chi2`` takes a vector in
    units of ``scale``.
    """

    def reach(v):
        low, high = 0.0, 1.0
        while chi2(high * v) < ceiling:
            low, high = high, 3 * high
        for _ in range(14):
            middle = (low + high) / 2
            low, high = (middle, high) if chi2(middle * v) < ceiling else (low, middle)
        return low

    best, centre = 0.0, np.zeros(3, complex)
    for n in range(rounds):
        width = 0.6**n
        for _ in range(throws):
            throw = generator.normal(size=3) + 1j * generator.normal(size=3)
            v = throw if n == 0 else centre + width * throw
            v = v / np.linalg.norm(v)
            modulus = reach(v) * abs(v[index])
            if modulus > best:
                best, centre = modulus, v
    return best * scale[index]
