"""MAT files as recordings: the contests' structs, and plain arrays whose sampling rate is given.

Two containers carry the same variables: MAT-file level 5 (``save -v6``, ``-v7``; our own reader, for SciPy's holds a
whole struct in memory before it can say a rate) and HDF5 (``save -v7.3``; h5py). Nothing in them is ever run.
"""

from semeia.signals.mat.recording import MatRecording, is_mat

__all__ = ["MatRecording", "is_mat"]
