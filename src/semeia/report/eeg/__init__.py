"""What was recorded, marked, proposed and confirmed in one EEG becomes one page to print; free of torch."""

from semeia.report.eeg.page import eeg_report, write_eeg_report
from semeia.report.eeg.reading import Proposer, Reading
from semeia.report.eeg.tables import sorted_out

__all__ = ["Proposer", "Reading", "eeg_report", "sorted_out", "write_eeg_report"]
