"""The Lennard-Jones energy of a cluster with its forces, and the energy of a chain of springs.

Run it with ``verify run examples/physics.py``.
"""

import numpy as np

import verify

ATOMS = np.array([[0.0, 0.1, 0.0], [1.1, 0.0, 0.2], [0.1, 1.2, -0.1], [0.9, 1.0, 1.1]])


def forces(positions):
    """Minus the gradient of the energy, pair by pair."""
    force = np.zeros_like(positions)
    for i in range(len(positions)):
        for j in range(i):
            apart = positions[i] - positions[j]
            squared = apart @ apart
            pull = 24 * (2 / squared**6 - 1 / squared**3) / squared * apart
            force[i] += pull
            force[j] -= pull
    return force


@verify.case(ATOMS, grad=lambda positions: -forces(positions))
def lennard_jones(positions):
    energy = 0.0
    for i in range(len(positions)):
        for j in range(i):
            apart = positions[i] - positions[j]
            squared = apart @ apart
            energy += 4 * (1 / squared**6 - 1 / squared**3)
    return energy


def spring_gradient(x, rest):
    stretch = x[1:] - x[:-1] - rest
    return np.concatenate([-stretch[:1], stretch[:-1] - stretch[1:], stretch[-1:]])


@verify.case(np.array([0.0, 1.2, 1.9, 3.3]), 1.0, grad=spring_gradient, wrt="x")
def springs(x, rest):
    return np.sum((x[1:] - x[:-1] - rest) ** 2) / 2
