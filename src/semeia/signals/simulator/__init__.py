"""Plausible EEG with exact truth: what to try, train and measure on when there is no recording at hand.

A `SimulatedPatient` is a signature; `simulate` makes a recording of the patient, block by block; and
`write_simulation` puts it on the disk. `simulate_layout` writes whole sets, also intracranial, as real ones are laid
out. The model and its sources: docs/simulator.md.
"""

from semeia.signals.simulator.head import ELECTRODE_SETS, MONTAGE_NAMES
from semeia.signals.simulator.layouts import LAYOUTS, simulate_layout
from semeia.signals.simulator.patient import Artefacts, Background, SeizureSignature, SimulatedPatient
from semeia.signals.simulator.simulation import Simulation, simulate
from semeia.signals.simulator.writing import write_simulation

__all__ = [
    "ELECTRODE_SETS",
    "LAYOUTS",
    "MONTAGE_NAMES",
    "VERSION",
    "Artefacts",
    "Background",
    "SeizureSignature",
    "SimulatedPatient",
    "Simulation",
    "simulate",
    "simulate_layout",
    "write_simulation",
]

VERSION = 2
"""Grows when the same seed gives other samples than before, so that what was kept is made anew."""
