"""What a header says, and the lines for what it cannot say."""

from __future__ import annotations

import os
from datetime import datetime

import pytest
from handmade_edf import Signal, counting, edf

from semeia.errors import FileError
from semeia.signals.edf_header import read_header


@pytest.fixture
def header(tmp_path):
    def header(**fields):
        path = tmp_path / "header.edf"
        path.write_bytes(edf(Signal(counting(1, 4), **fields.pop("signal", {})), **fields))
        file = os.open(path, os.O_RDONLY)
        try:
            return read_header(file, path)
        finally:
            os.close(file)

    return header


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"start": ("31.12.85", "23.59.59")}, datetime(1985, 12, 31, 23, 59, 59)),
        ({"start": ("01.01.84", "00.00.00")}, datetime(2084, 1, 1)),
        ({"start": ("01.01.99", "00:00:00")}, datetime(1999, 1, 1)),
        ({"start": ("30.02.20", "00.00.00")}, None),
        ({"start": ("today", "now")}, None),
        ({"start": ("02.03.yy", "01.02.03"), "reserved": "EDF+C", "recording": "Startdate 02-MAR-2090 X X X"},
         datetime(2090, 3, 2, 1, 2, 3)),
        ({"start": ("02.03.50", "01.02.03"), "reserved": "EDF+C", "recording": "Startdate 02-MAR-1950 X X X"},
         datetime(1950, 3, 2, 1, 2, 3)),
        ({"start": ("01.01.85", "00.00.00"), "reserved": "EDF+C", "recording": "Startdate X X X X"}, None),
        ({"start": ("01.02.03", "00.00.00"), "reserved": "EDF+C", "recording": "Startdate 01-FOO-2003 X X X"},
         None),
    ],
)  # fmt: skip
def test_start_follows_the_clipping_year_and_the_plus_field(header, fields, expected):
    assert header(**fields).started_at == expected


@pytest.mark.parametrize(
    ("patient", "reserved", "subject"),
    [
        ("MCH-0234567 F 02-MAY-1951 Haagse_Harry", "EDF+C", "MCH-0234567"),
        ("X X X X", "EDF+C", ""),
        ("", "EDF+C", ""),
        ("chb01 F X X", "", "chb01"),
        ("Harry Haagse, born 1951", "", ""),  # a name in a plain EDF file is nobody's code
    ],
)
def test_subject_is_the_patients_code_and_never_a_name(header, patient, reserved, subject):
    assert header(patient=patient, reserved=reserved).subject == subject


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"count": "0"}, "header says 0 signals"),
        ({"count": "-3"}, "header says -3 signals"),
        ({"count": "many"}, "number of signals 'many' is not a whole number"),
        ({"count": "1.5"}, "number of signals '1.5' is not a whole number"),
        ({"header_bytes": "768"}, "header says it has 768 bytes, but 1 signals need 512"),
        ({"records": "0"}, "header says 0 data records"),
        ({"records": "-2"}, "header says -2 data records"),
        ({"records": "1e9999"}, "number of records '1e9999' is not a whole number"),
        ({"duration": "-1"}, "duration of a data record '-1'"),
        ({"duration": "nan"}, "duration of a data record 'nan'"),
        ({"duration": "1E-9"}, "duration of a data record '1E-9'"),
        ({"signal": {"samples": "0"}}, "signal 'C3': 0 samples in a record of 1 s is impossible"),
        ({"signal": {"samples": "-8"}}, "signal 'C3': -8 samples"),
        (
            {"signal": {"samples": "99999999"}},
            "signal 'C3': 1e\\+08 samples in a record of 1 s is impossible",
        ),
        ({"signal": {"samples": "x"}}, "signal 'C3': samples per record 'x' is not a whole number"),
        (
            {"signal": {"physical": ("low", "1")}},
            "signal 'C3': physical minimum 'low' is not a usable number",
        ),
        (
            {"signal": {"physical": ("0", "inf")}},
            "signal 'C3': physical maximum 'inf' is not a usable number",
        ),
        ({"signal": {"physical": ("0", "1_000")}}, "physical maximum '1_000' is not a usable number"),
        ({"signal": {"digital": ("", "1")}}, "signal 'C3': digital minimum '' is not a usable number"),
        (
            {"signal": {"digital": ("0", "65535")}},
            "digital maximum 65535 is no integer in -32768..32767 of EDF",
        ),
        ({"signal": {"digital": ("0.5", "9")}}, "digital minimum 0.5 is no integer"),
    ],
)
def test_contradictions_are_refused_with_the_field_and_its_text(header, fields, said):
    with pytest.raises(FileError, match=said):
        header(**fields)


def test_wide_files_are_read_whole(tmp_path):
    path = tmp_path / "wide.edf"
    path.write_bytes(edf(*[Signal(counting(1, 1), f"C{index}") for index in range(300)]))
    with path.open("rb") as file:
        found = read_header(file.fileno(), path)
    assert [signal.label for signal in found.signals] == [f"C{index}" for index in range(300)]
    assert found.record_bytes == 600


def test_zero_bytes_may_pad_fields(header):
    assert header(records="1\0\0", duration="1\0").record_duration == 1


def test_plain_files_and_plus_files_are_told_apart(header):
    assert (header().plus, header(reserved="24BIT", kind="BDF").plus) == (False, False)
    assert (header(reserved="EDF+C").plus, header(reserved="EDF+C").interrupted) == (True, False)
    assert header(reserved="BDF+D", kind="BDF").interrupted
