"""Squared amplitudes from numbers: spinors and gamma matrices in the Dirac representation, a spin at a time.

Nothing here imports the package.  The event lies in a random direction, the recoil comes from the boost out of the
centre of mass, and no trace is taken: amplitudes are complex numbers that are added and squared.
"""

import numpy as np

I2, Z2 = np.eye(2), np.zeros((2, 2))
SIGMA = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
GAMMA = np.array([np.block([[I2, Z2], [Z2, -I2]]), *(np.block([[Z2, s], [-s, Z2]]) for s in SIGMA)])
GAMMA_5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
SIGMA_TENSOR = np.array([[0.5j * (a @ b - b @ a) for b in GAMMA] for a in GAMMA])


def slash(p):
    return np.einsum("m,mab->ab", METRIC @ p, GAMMA)


def particle(p, mass):
    """Two spinors u(p, s), normalised to 2 E."""
    return [(slash(p) + mass * np.eye(4)) @ e / np.sqrt(p[0] + mass) for e in np.eye(4)[:2]]


def antiparticle(p, mass):
    """Two spinors v(p, s)."""
    return [(-slash(p) + mass * np.eye(4)) @ e / np.sqrt(p[0] + mass) for e in np.eye(4)[2:]]


def bar(spinor):
    return spinor.conj() @ GAMMA[0]


def event(E, M, m, cosine, random):
    """Momenta k, p, k', p' in the laboratory; ``cosine`` is that of the scattering angle in the centre of mass."""
    root_s = np.sqrt(M**2 + 2 * M * E)
    momentum = np.sqrt((root_s**2 - (M + m) ** 2) * (root_s**2 - (M - m) ** 2)) / (2 * root_s)
    beta = E / (E + M)
    gamma = (E + M) / root_s
    p_out = np.array([np.hypot(momentum, M), momentum * np.sqrt(1 - cosine**2), 0, -momentum * cosine])
    boost = np.eye(4)
    boost[0, 0] = boost[3, 3] = gamma
    boost[0, 3] = boost[3, 0] = gamma * beta
    p_out = boost @ p_out
    rotation = np.eye(4)
    rotation[1:, 1:] = np.linalg.qr(random.normal(size=(3, 3)))[0]
    k, p, p_out = rotation @ [E, 0, 0, E], np.array([M, 0, 0, 0]), rotation @ p_out
    return k, p, k + p - p_out, p_out


def sections(E, M, m, cosine, g_V, g_A, *, charge=-1.0, spin="1/2", antineutrino=False, seed=1):
    """Recoil energy, then weak, magnetic and interference d sigma/dT for G_F = 1 and e mu = 1."""
    k, p, k_out, p_out = event(E, M, m, cosine, np.random.default_rng(seed))
    q = k - k_out
    left, right = np.eye(4) - GAMMA_5, np.eye(4) + GAMMA_5
    weak_vertex = [g @ left for g in GAMMA]
    dipole = np.einsum("abij,a->bij", 1j * SIGMA_TENSOR, METRIC @ q)
    dipole_vertex = [d @ (right if antineutrino else left) / 2 for d in dipole]
    if antineutrino:
        lines = [(bar(v), v_out) for v in antiparticle(k, 0.0) for v_out in antiparticle(k_out, m)]
    else:
        lines = [(bar(u_out), u) for u in particle(k, 0.0) for u_out in particle(k_out, m)]
    if spin == "0":
        currents = [(g_V * (p + p_out), p + p_out)]
        average = 1.0
    else:
        chiral = g_V * np.eye(4) - g_A * GAMMA_5
        currents = [
            (np.array([bar(t) @ g @ chiral @ s for g in GAMMA]), np.array([bar(t) @ g @ s for g in GAMMA]))
            for s in particle(p, M)
            for t in particle(p_out, M)
        ]
        average = 0.5
    total = np.zeros(3)
    for row, column in lines:
        weak_line = np.array([row @ v @ column for v in weak_vertex])
        dipole_line = np.array([row @ v @ column for v in dipole_vertex])
        for weak_current, current in currents:
            weak = -(weak_line @ METRIC @ weak_current) / np.sqrt(2)
            magnetic = charge * (dipole_line @ METRIC @ current) / (q @ METRIC @ q)
            separately = abs(weak) ** 2, abs(magnetic) ** 2
            total += [*separately, abs(weak + magnetic) ** 2 - sum(separately)]
    return p_out[0] - M, *(average * total / (32 * np.pi * M * E**2))
