"""Which of braindecode's networks the catalogue lists, without importing it (and PyTorch with it)."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["LISTED", "PREFIX", "is_installed"]

PREFIX = "braindecode:"

_LISTED = """
ATCNet AttentionBaseNet AttnSleep BDTCN BENDR BIOT BrainModule CBraMod CTNet CodeBrain ContraWR Deep4Net DeepSleepNet
EEGConformer EEGDINO EEGITNet EEGInceptionERP EEGInceptionMI EEGMiner EEGNeX EEGNet EEGPT EEGSimpleConv EEGTCNet FBCNet
FBLightConvNet FBMSNet IFNet LUNA MEDFormer MSVTNet MVPFormer PBT SCCNet SPARCNet SSTDPN STEEGFormer
ShallowFBCSPNet SignalJEPA_PostLocal SignalJEPA_PreLocal SincShallowNet SleepStagerBlanco2020 SleepStagerChambon2018
SyncNet TCFormer TIDNet TSception USleep
"""

LISTED = tuple(_LISTED.split())
"""Those of braindecode 1.8 that make one answer of a window of EEG, from nothing but its samples.

Others can be named too, and are refused with what they lack: positions of the electrodes (DANCE, DGCNN, EEGSym,
SignalJEPA, ZUNA, the Interpolated ones) or their names (Labram), muscles instead of brains (EMG2QwertyNet,
MetaNeuromotorHand, NeuroPose, SensingDynamics, VEMG2Pose), a file from the internet (REVE).
"""


def is_installed() -> bool:
    """Return whether the extra is there."""
    return find_spec("braindecode") is not None
