"""Worlds in which a claim of the paper is not true: tables, experiments and limits that are wrong on purpose."""

from __future__ import annotations

import dataclasses

import numpy as np

from companion.audit.context import Context


class WrongTable(Context):
    """One column of one table changed by a function of its values."""

    def __init__(self, name, column, change):
        super().__init__()
        self.name, self.column, self.change = name, column, change

    def table(self, name):
        table = super().table(name)
        if name != self.name:
            return table
        values = np.array([self.change(value) for value in table[self.column]])
        return dataclasses.replace(table, columns={**table.columns, self.column: values})


class WrongExperiments(Context):
    """Every experiment changed by a function; the names of those that are meant, or all."""

    def __init__(self, change, *names):
        super().__init__()
        self.change, self.names = change, names

    def experiment(self, name, **options):
        experiment = super().experiment(name, **options)
        if self.names and name not in self.names:
            return experiment
        return self._once(("wrong", name, *sorted(options.items())), lambda: self.change(experiment))


class WithoutOption(Context):
    """An option of the experiments that does nothing."""

    def __init__(self, option):
        super().__init__()
        self.option = option

    def experiment(self, name, **options):
        options.pop(self.option, None)
        return super().experiment(name, **options)


class WithOption(Context):
    """Experiments with an option that the check does not ask for."""

    def __init__(self, name, **wrong):
        super().__init__()
        self.name, self.wrong = name, wrong

    def experiment(self, name, **options):
        return super().experiment(name, **(self.wrong | options if name == self.name else options))


class WrongLimits(Context):
    """Limits of some experiments in some couplings times a factor."""

    def __init__(self, factor, names, couplings):
        super().__init__()
        self.factor, self.names, self.couplings = factor, names, couplings

    def curve(self, name, coupling, m_4, **options):
        limit = super().curve(name, coupling, m_4, **options)
        wrong = name.startswith(self.names) and coupling.startswith(self.couplings)
        return self.factor * limit if wrong else limit


class Everywhere(Context):
    """Every experiment bounds every coupling."""

    def curve(self, name, coupling, m_4, **options):
        return np.full(len(m_4), 1e-11)


def without_excess(experiment):
    """The data are what is expected without a moment, with the errors of such counts."""
    likelihood = experiment.likelihood
    expected = experiment.standard_model() + sum(likelihood.backgrounds.values())
    asimov = dataclasses.replace(likelihood, observed=expected, sigma=np.sqrt(expected))
    return dataclasses.replace(experiment, likelihood=asimov)


def taken(experiment):
    """A projection that passes for data."""
    return dataclasses.replace(experiment, projected=False)


def planned(experiment):
    """Data that pass for a projection."""
    return dataclasses.replace(experiment, projected=True)


def other_pulls(experiment):
    """Systematic errors twice as large."""
    pulls = tuple(dataclasses.replace(pull, sigma=2 * pull.sigma) for pull in experiment.likelihood.pulls)
    return dataclasses.replace(experiment, likelihood=dataclasses.replace(experiment.likelihood, pulls=pulls))


def other_errors(experiment):
    """Statistical errors a tenth larger."""
    sigma = 1.1 * experiment.likelihood.sigma
    return dataclasses.replace(experiment, likelihood=dataclasses.replace(experiment.likelihood, sigma=sigma))


def swapped_eigenstates(experiment):
    """As many neutrinos of the second mass as there are of the first, and the other way round."""
    channels = []
    for channel in experiment.channels:
        fluxes = dict(channel.fluxes)
        fluxes["nu_1"], fluxes["nu_2"] = fluxes["nu_2"], fluxes["nu_1"]
        channels.append(dataclasses.replace(channel, fluxes=fluxes))
    return dataclasses.replace(experiment, channels=tuple(channels))
