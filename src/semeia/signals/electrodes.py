"""Which electrodes a channel label names, however the label is spelled; which channels are scalp EEG.

Labels name an electrode and what it was measured against: ``EEG FP1-REF``, ``Fp1-Avg``, ``FP1-F7``. Files
spell them in many ways; `parse_label` brings them to one. Electrode names are those of the 10-20 system
(Jasper 1958), the 10-10 system (ACNS Guideline 2, 2016: ``T3`` is ``T7``, ``T5`` is ``P7``) and the 10-5
system (Oostenveld and Praamstra, Clin Neurophysiol 2001).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from semeia.errors import RecordingError

if TYPE_CHECKING:
    from semeia.signals.recording import Recording

__all__ = [
    "Derivation",
    "electrode_name",
    "is_numbered_cap",
    "is_scalp_electrode",
    "parse_label",
    "scalp_channels",
    "side_of",
]

Side = Literal["left", "right", "midline"]

_ROWS = {
    # Prefixes of the 10-5 system and the numbers that occur behind each; a half position ends in h.
    "z 1 2 3 4 5 6 7 8 9 10": "AF F P PO AFp AFF PPO POO",
    "z 1 2": "N Fp O I OI",
    "z 1 2 3 4 5 6": "FC C CP FFC FCC CCP CPP",
    "7 8 9 10": "FT TP FFT FTT TTP TPP",
    "1 2 7 8 9 10": "T",  # T1 and T2 are the anterior temporal electrodes of the older nomenclature
    "9 10": "O",
}
_HALVES = [f"{number}h" for number in range(1, 11)]
_SCALP = {
    prefix + number
    for numbers, prefixes in _ROWS.items()
    for prefix in prefixes.split()
    for number in (*numbers.split(), *(half for half in _HALVES if half[:-1] in numbers.split()))
}
_EARS = {"A1", "A2", "M1", "M2"}
_CANONICAL = {name.upper(): name for name in _SCALP | _EARS} | {
    "T3": "T7",
    "T4": "T8",
    "T5": "P7",
    "T6": "P8",
}

_PREFIX = re.compile(r"^(?:EEG|POL)(?=[\s:_.\-$]|$)[\s:_.\-$]*", re.IGNORECASE)
_DUPLICATE = re.compile(r"(?<=[^\W_])-\d$")  # MNE numbers channels that share a label: T8-P8-0, T8-P8-1
_SEPARATOR = re.compile(r"\s*[-–−:/_]\s*")
_SOMETHING_ELSE = re.compile(
    r"annotation|status|trig|marker|event|photic|light|"
    r"ecg|ekg|eog|emg|chin|submental|\bleg|tibia|[lr]at\b|\bloc\b|\broc\b|\b[lr]ue\b|\b[lr]ae\b|vns|"
    r"resp|thor|abdo|flow|nasal|snor|effort|cpap|s[pa]o2|etco2|\bco2|oximet|pulse|plet|\bhr\b|heart|"
    r"temp|position|\bpos\b|accel|gyro|\bbp\b|press|\bdc\s*\d|\bmk\b|battery|ergo|gsr|\beda\b",
    re.IGNORECASE,
)


class Derivation(NamedTuple):
    """What one channel measures: the potential of an electrode against a reference.

    Parameters
    ----------
    electrode : str
        Canonical name (``Fp1``, ``T7``); a name outside the 10-5 system is kept in capitals.
    reference : str or None
        Canonical name of the other electrode, a reference in capitals (``REF``, ``AVG``, ``LE``), or None
        when the label names none.
    """

    electrode: str
    reference: str | None = None


def electrode_name(text: str) -> str | None:
    """Return an electrode's canonical 10-5 name (also ``A1``, ``A2``, ``M1``, ``M2``), or None.

    Examples
    --------
    >>> electrode_name("FP1"), electrode_name("t3"), electrode_name("ECG")
    ('Fp1', 'T7', None)
    """
    return _CANONICAL.get(text.strip(" .").upper())


def is_scalp_electrode(name: str) -> bool:
    """Whether a canonical name is a position on the scalp (earlobes and mastoids are not)."""
    return name in _SCALP


def parse_label(label: str) -> Derivation | None:
    """Read a channel label forgivingly.

    Prefixes (``EEG``, ``POL``), padding (``Fc5.``), case, the older names (``T3``) and the numbers that MNE
    puts behind duplicates (``T8-P8-1``) make no difference.

    Parameters
    ----------
    label : str
        As recorded.

    Returns
    -------
    Derivation or None
        None for a dummy channel (``-``, ``--0``, ``.``).

    Examples
    --------
    >>> parse_label("EEG FP1-REF"), parse_label("T8-P8-0"), parse_label("Fc5.")
    (Derivation(electrode='Fp1', reference='REF'), Derivation(electrode='T8', reference='P8'), \
Derivation(electrode='FC5', reference=None))
    """
    text = _DUPLICATE.sub("", _PREFIX.sub("", label.strip()).strip(" ."))
    electrode, _, reference = (_SEPARATOR.sub("\0", text, count=1)).partition("\0")
    electrode, reference = electrode.strip(" .$"), reference.strip(" .()-")
    if not electrode:
        return None
    return Derivation(_node(electrode), _node(reference) if reference else None)


def is_numbered_cap(labels: Sequence[str]) -> bool:
    """Whether labels are letters with counters (BioSemi caps, grids): their ``C3`` is not 10-20."""
    bare = {label.strip(" .").upper() for label in labels}
    return sum(f"{letter}{number}" in bare for letter in "ABDE" for number in (3, 4, 5, 6)) >= 4


def side_of(label: str) -> Side | None:
    """Return the side of the head on which an electrode or a derivation lies.

    Odd numbers are left, even numbers right. A pair across the midline (``Fp1-Fp2``) is ``midline``; a pair
    of a lateral and a midline electrode (``C3-Cz``) lies on the lateral one's side. None for other labels.
    """
    derivation = parse_label(label)
    if derivation is None or not is_scalp_electrode(derivation.electrode):
        return None
    sides = {_side(name) for name in derivation if name is not None and is_scalp_electrode(name)}
    lateral = sides - {"midline"}
    return lateral.pop() if len(lateral) == 1 else "midline"


def scalp_channels(recording: Recording) -> list[int]:
    """Return the indices of the channels that are scalp EEG, in recorded order.

    A channel counts when its label names a scalp electrode, referential or bipolar. Dummies, references, ECG,
    EOG, EMG, respiration and the like do not. When no label is recognised (``EEG 1``, or a numbered cap such
    as ``A1`` to ``D32``), every voltage channel counts that is not named as something else.

    Parameters
    ----------
    recording : Recording

    Raises
    ------
    RecordingError
        If there is none.
    """
    labels = [channel.label for channel in recording.channels]
    named = [] if is_numbered_cap(labels) else [i for i, label in enumerate(labels) if _is_scalp(label)]
    if named:
        return named
    voltages = [
        i for i, channel in enumerate(recording.channels) if channel.unit == "uV" and _may_be_eeg(channel.label)
    ]
    if voltages:
        return voltages
    where = f"{recording.path.name}: " if recording.path else ""
    listed = ", ".join(repr(label) for label in labels[:8]) + (", ..." if len(labels) > 8 else "")
    raise RecordingError(f"{where}no channel looks like scalp EEG (recorded: {listed or 'no channel at all'})")


def _node(name: str) -> str:
    return electrode_name(name) or re.sub(r"\s+", " ", name).upper()


def _side(electrode: str) -> Side:
    if electrode.endswith("z"):
        return "midline"
    return "left" if int(re.sub(r"\D", "", electrode)) % 2 else "right"


def _is_scalp(label: str) -> bool:
    derivation = parse_label(label)
    return (
        derivation is not None
        and is_scalp_electrode(derivation.electrode)
        and not (derivation.reference and _SOMETHING_ELSE.search(derivation.reference))
    )


def _may_be_eeg(label: str) -> bool:
    return parse_label(label) is not None and not _SOMETHING_ELSE.search(label)
