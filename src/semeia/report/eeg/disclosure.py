"""What a report tells of people and files: everything, or in an anonymous one nothing that a name could stand in."""

from __future__ import annotations

import re
from collections.abc import Iterable

from semeia.events import is_seizure
from semeia.report.words import cleaned
from semeia.signals.electrodes import parse_label

__all__ = ["LEFT_OUT", "Disclosure"]

LEFT_OUT = "(left out)"
_KNOWN = frozenset(
    [
        *("seizure", "sz", "foc", "gen", "uib", "ia", "a", "ua", "motor", "non", "automatisms", "tonic", "clonic"),
        *("myoclonic", "atonic", "absence", "bckg", "artefact", "artifact", "blink", "movement", "chewing", "muscle"),
        *("sleep", "awake", "arousal", "spike", "sharp", "wave", "burst", "suppression", "slowing", "rhythmic"),
        *("periodic", "discharge", "discharges", "eyes", "open", "closed", "hyperventilation", "photic"),
        *("stimulation", "event"),
    ]
)
"""The words that the label of an event may be made of where no free text may be told."""
_UNITS = frozenset({"", "uV", "%", "bpm", "mmHg", "degC", "Boolean"})
_SHORTEST = 2  # letters of a name that is looked for in what was typed


class Disclosure:
    """Writes names, labels and typed text as a report may tell them.

    Parameters
    ----------
    anonymous : bool
    secrets : iterable of str
        Names, ids and file names; their words are taken out of what was typed.
    """

    def __init__(self, anonymous: bool, secrets: Iterable[str] = ()) -> None:
        self.anonymous = anonymous
        words = {word for text in secrets for word in re.split(r"[\W_]+", text) if len(word) >= _SHORTEST}
        names = sorted(map(re.escape, words - {"edf", "bdf", "mat", "EDF", "BDF"}), key=len, reverse=True)
        self._secret = re.compile(rf"(?<![^\W_])(?:{'|'.join(names)})(?![^\W_])", re.IGNORECASE) if names else None
        self._people: list[str] = []

    def name(self, text: str) -> str:
        """Return a name of a patient, a recording or a file; empty where it may not be told."""
        return "" if self.anonymous else str(cleaned(text))

    def person(self, name: str) -> str:
        """Return who someone is: in an anonymous report, one of the readers, the same each time."""
        if not name or not self.anonymous:
            return str(cleaned(name))
        if name not in self._people:
            self._people.append(name)
        return f"reader {self._people.index(name) + 1}"

    def typed(self, text: str) -> str:
        """Return what was typed: line by line, in an anonymous report without the names that are known."""
        lines = [str(cleaned(line)).rstrip() for line in text.strip().splitlines()]
        told = "\n".join(lines)
        return self._secret.sub(LEFT_OUT, told) if self.anonymous and self._secret else told

    def label(self, text: str) -> str:
        """Return the label of an event; in an anonymous report only where it is made of usual words."""
        words = re.split(r"[\W_]+", text.strip().lower())
        if not self.anonymous or all(word in _KNOWN or not word for word in words):
            return str(cleaned(text))
        return "seizure" if is_seizure(text) else f"another label {LEFT_OUT}"

    def channel(self, label: str, number: int) -> str:
        """Return the label of a channel; in an anonymous report only where it names an electrode of the head."""
        return str(cleaned(label)) if not self.anonymous or _is_electrode(label) else f"channel {number + 1}"

    def unit(self, unit: str) -> str:
        """Return a channel's unit; in an anonymous report only a usual one."""
        known = unit in _UNITS or not self.anonymous
        return "µV" if unit == "uV" else str(cleaned(unit)) if known else "another unit"


def _is_electrode(label: str) -> bool:
    """Whether a label is nothing but electrodes (letters, a number) and usual references, or ``ECG`` and the like."""
    read = parse_label(label)
    if read is None:
        return False
    usual = re.compile(r"[A-Z]{1,3}\d{1,2}|[A-Z]{1,2}z|Ref|REF|Avg|AVG|LE|Lap|AR|CAR|ECG|EKG|EOG|EMG", re.IGNORECASE)
    return all(part is None or usual.fullmatch(part) for part in read)
