"""Vendors' formats by their names: which there are, what belongs together, and what a search through folders takes.

MNE-Python reads them (`semeia.signals.mne_formats`); nothing here needs it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

__all__ = ["FOLDERS", "FORMATS", "Format", "belongs_to_another", "format_of", "is_named_as_recording"]


class Format(NamedTuple):
    """A vendor's format.

    Parameters
    ----------
    name : str
    reader : str
        Function of ``mne.io``.
    others : str
        Endings of the files that may belong to it; empty where one file is all.
    in_folders : bool
        Whether folders are searched for it; what is hardly ever EEG, or ends as much else does, is opened when named.
    """

    name: str
    reader: str
    others: str = ""
    in_folders: bool = True


_CURRY = Format("Curry", "read_raw_curry", ".cdt.dpa or .dap, .rs3, .cef")
_KIT = Format("KIT", "read_raw_kit", in_folders=False)
FORMATS = {
    ".vhdr": Format("BrainVision", "read_raw_brainvision", ".eeg and .vmrk"),
    ".ahdr": Format("BrainVision", "read_raw_brainvision", ".eeg and .amrk"),
    ".set": Format("EEGLAB", "read_raw_eeglab", ".fdt"),
    ".fif": Format("FIF", "read_raw_fif"),
    ".fif.gz": Format("FIF", "read_raw_fif"),
    ".eeg": Format("Nihon Kohden", "read_raw_nihon", ".pnt, .21e and .log"),
    ".cnt": Format("CNT", "read_raw_cnt"),
    ".gdf": Format("GDF", "read_raw_gdf"),
    ".lay": Format("Persyst", "read_raw_persyst", ".dat"),
    ".mff": Format("EGI MFF", "read_raw_egi"),
    ".raw": Format("EGI", "read_raw_egi"),
    ".nedf": Format("NEDF", "read_raw_nedf"),
    ".nxe": Format("eXimia", "read_raw_eximia"),
    ".cdt": _CURRY,
    ".data": Format("Nicolet", "read_raw_nicolet", ".head", in_folders=False),
    ".mefd": Format("MEF", "read_raw_mef"),
    ".ns3": Format("NSx", "read_raw_nsx", ".nev", in_folders=False),
    ".dap": _CURRY._replace(in_folders=False),
    ".con": _KIT,
    ".sqd": _KIT,
    ".ds": Format("CTF", "read_raw_ctf", in_folders=False),
    ".snirf": Format("SNIRF", "read_raw_snirf", in_folders=False),
    ".hdr": Format("NIRx", "read_raw_nirx", ".wl1 and .wl2", in_folders=False),
    ".asc": Format("EyeLink", "read_raw_eyelink", in_folders=False),
}
"""Formats by how names end, in small letters."""
FOLDERS = frozenset({".mff", ".mefd", ".ds"})
"""Formats that are a folder each."""
_PARTS = {
    ".vmrk": "BrainVision's .vhdr",
    ".amrk": "BrainVision's .ahdr",
    ".fdt": "EEGLAB's .set",
    ".pnt": "Nihon Kohden's .eeg",
    ".21e": "Nihon Kohden's .eeg",
    ".head": "Nicolet's .data",
    ".dpa": "Curry's .cdt",
    ".dpo": "Curry's .cdt",
}
_NIHON = (b"EEG-", b"QI-", b"DAE-")
_LATER_PART = re.compile(r"(.+)-\d+\.fif", re.IGNORECASE)


def format_of(path: Path) -> Format | None:
    """Return the format that a name tells of."""
    name = path.name.lower()
    return FORMATS.get(".fif.gz" if name.endswith(".fif.gz") else path.suffix.lower())


def is_named_as_recording(path: Path) -> bool:
    """Whether a search through folders takes a file (or a folder) for a recording, by its name and its neighbours'."""
    found = format_of(path)
    if found is None or not found.in_folders or (path.is_dir() != (path.suffix.lower() in FOLDERS)):
        return False
    if path.suffix.lower() == ".eeg":  # BrainVision's samples are called so too
        return not any(path.with_suffix(ending).exists() for ending in (".vhdr", ".ahdr", ".VHDR", ".AHDR"))
    later = _LATER_PART.fullmatch(path.name)  # MNE cuts files of more than 2 GB, and reads on by itself
    return not (later and path.with_name(f"{later[1]}{path.suffix}").exists())


def belongs_to_another(path: Path, start: bytes) -> str:
    """Return which file to open instead of one that is only a part of a recording; empty where it may be one."""
    suffix = path.suffix.lower()
    if suffix == ".eeg" and not start.startswith(_NIHON):
        return "no Nihon Kohden file; if it holds the samples of a BrainVision recording, open the .vhdr beside it"
    return f"only a part of a recording: open {_PARTS[suffix]} beside it" if suffix in _PARTS else ""
