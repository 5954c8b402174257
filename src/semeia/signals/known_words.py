"""What of a header and of annotations names nobody: electrodes, physiology, units, filters, marks of a fixed wording.

Everything else is taken for free text, in which a name, a date or a number of a patient may stand. So these lists err
on the side of taking too little for known.
"""

from __future__ import annotations

import re

from semeia.events.event import is_seizure
from semeia.signals.electrodes import electrode_name

__all__ = ["NOTE", "known_event", "known_label", "known_prefilter", "known_transducer", "known_unit"]

NOTE = "note"
"""What stands for an annotation of which only the time is kept."""

_SEPARATOR = re.compile(r"[\s\-_.:/+()$]+")
_CONTACT = re.compile(r"[LR]?[A-Z]'?\d{1,2}|[AE]\d{3}|PG[12]|BN[12]", re.IGNORECASE)  # A1, B'12, RA3, E128
_NUMBERED = re.compile(r"([a-z]*?)(\d{1,3})")
_PHYSIOLOGY = """
eeg pol seeg ieeg ecog meg ecg ekg eog emg veog heog leog reog loc roc chin submental leg legs arm tibia lat rat
lue rue lle rle lae rae resp respiration airflow flow thorax thor thoracic chest abdomen abd abdo abdominal
nasal oro oral nose cannula snore snoring mic sound effort cpap spo2 sao2 o2 etco2 co2 tcco2 oximeter pulse
pleth plet hr heart rate bpm temp temperature rectal skin body position pos acc accel gyro bp abp icp cvp art
pressure press battery ergo gsr eda vns
"""
_WIRING = """
dc ac mk mark marker markers event events status trigger trig stim sti photic light left right l r x y z ref
reference avg av ave car le re ar lm gnd ground horizontal horiz vertical vert upper lower ch chan channel exg
aux bio misc na unipolar bipolar noise pink white sine square squarewave ramp hz rms sync clock
"""
_WORDS = frozenset(_PHYSIOLOGY.split()) | frozenset(_WIRING.split())
_MARKS = """
seizure|seizures|sz|seiz|ictal|preictal|interictal|postictal|bckg|background|artefact|artifact|spike|spike-wave
spike wave|sharp wave|polyspike|fast-oscillation|discharge|none|healthy|event|marker|mark|start|stop|begin|end
onset|offset|sleep|recording starts|recording ends|lights on|lights off|arousal|eeg arousal|apnea|apnoea
hypopnea|obstructive apnea|awake|central apnea|mixed apnea|desaturation|snore|limb movement|movement|muscle
blink|eye blink|eyes open|eyes closed|drowsy|hyperventilation|hyperventilation start|hyperventilation end
photic stimulation|photic|flash|calibration|impedance|burst|montage change|boundary|edge boundary|bad boundary
new segment/|clip note|xlspike|xlevent|suppression|note
"""
_FIXED = frozenset(_MARKS.strip().replace("\n", "|").split("|"))
_CODES = re.compile(
    r"sleep stage (w|r|n?[1-4]|\?)|t[0-2]|\d{1,3}|"
    r"(stimulus|response|trigger|event|photic)[/ :]*[sr]? *\d{1,3}|type [a-d]|"
    r"sz(_(foc|gen|uon|unk|a|ia|nm|m|aut|hyp|ton|clo|ato|myo|f2b|abs))+",
    re.IGNORECASE | re.ASCII,
)
_FILTER = re.compile(
    r"(?:HP|LP|BP|N|NF|DC|notch|high ?pass|low ?pass) ?[:=]? ?(-?\d{1,5}(?:\.\d{1,7})?)? ?(?:Hz|s)?(?![A-Za-z0-9])",
    re.IGNORECASE | re.ASCII,
)
_MATERIAL = """
ag agcl agagcl ag-agcl silver gold tin chloride electrode electrodes cup disc disk cap needle subdermal surface active
passive dry wet depth strip grid transducer of sensor sensors thermistor thermistors oral-nasal thermocouple
button piezo belt scalp
"""
_MATERIALS = _WORDS | frozenset(_MATERIAL.split())
_UNIT_NAMES = """
nV uV mV V % mmHg cmH2O kPa degC DegC degF C Cel bpm BPM 1/min Hz kHz g mg m/s2 deg rad Ohm kOhm L/min l/min L l
mL s ms Boolean boolean BOOL a.u. au uS nS S T fT pT T/m F A uA mA
"""
_UNITS = frozenset(_UNIT_NAMES.split())


def known_label(label: str) -> bool:
    """Whether a channel's label is made of electrodes, contacts and words of physiology alone.

    Examples
    --------
    >>> known_label("EEG Fp1-REF"), known_label("SpO2"), known_label("LA'3"), known_label("Fp1-Miller")
    (True, True, True, False)
    """
    parts = [part for part in _SEPARATOR.split(label) if part]
    numbers = sum(part.isdigit() for part in parts)
    return _is_plain(label) and len(parts) <= 4 and numbers <= 1 and all(_is_known(part) for part in parts)


def _is_known(part: str) -> bool:
    if part.lower() in _WORDS or electrode_name(part) or _CONTACT.fullmatch(part):
        return True
    numbered = _NUMBERED.fullmatch(part.lower())
    return bool(numbered and (not numbered[1] or numbered[1] in _WORDS))


def known_event(label: str) -> str:
    """Return what is kept of an annotation's text: itself where its wording is fixed, ``seizure`` of any other seizure.

    Examples
    --------
    >>> known_event("Sleep stage R"), known_event("Seizure of Mrs Miller"), known_event("Mrs Miller called")
    ('Sleep stage R', 'seizure', 'note')
    """
    text = label.strip()
    if text.lower() in _FIXED or _CODES.fullmatch(text):
        return text
    return "seizure" if is_seizure(text) else NOTE


def known_prefilter(text: str) -> bool:
    """Whether a text names filters and their frequencies alone."""
    return _is_plain(text) and not _FILTER.sub("", text).strip(" ;,/")


def known_transducer(text: str) -> bool:
    """Whether a text names electrodes and their material alone."""
    parts = text.lower().replace("/", " ").replace(",", " ").split()
    return _is_plain(text) and len(parts) <= 6 and all(part in _MATERIALS or _is_short_number(part) for part in parts)


def known_unit(unit: str) -> bool:
    """Whether a unit is one."""
    return not unit or unit in _UNITS


def _is_plain(text: str) -> bool:
    return text.isascii() and (text.isprintable() or not text)


def _is_short_number(part: str) -> bool:
    return part.isdigit() and len(part) <= 2
