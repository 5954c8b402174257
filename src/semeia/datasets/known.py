"""What there is to know about the public data sets that importers read: whose, under which licence, and from where.

Plain data, keyed by the importer's name (`semeia.datasets.catalogue`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["KNOWN", "KnownDataset"]


@dataclass(frozen=True, slots=True)
class KnownDataset:
    """A public data set.

    Parameters
    ----------
    title : str
    folder : str
        Name of its folder where Semeia keeps data.
    contents, layout : str
        What it holds, and how its files are laid out.
    licence, size, citation : str
    page : str
        Where people read about it.
    address : str
        Folder on the web with a ``SHA256SUMS.txt`` (PhysioNet's layout); empty where there is none.
    archives : mapping
        Sub-folder to the address of the zip file that fills it, where it is published so.
    how : str
        How to get it by hand: where it takes an account, or when the download is refused.
    account : bool
        Whether it takes one.
    """

    title: str
    folder: str
    contents: str
    layout: str
    licence: str
    size: str
    citation: str
    page: str
    address: str = ""
    archives: Mapping[str, str] = field(default_factory=dict)
    how: str = ""
    account: bool = False

    @property
    def fetchable(self) -> bool:
        """Whether it may be fetched without an account."""
        return bool(self.address or self.archives)


_PHYSIONET = "Goldberger et al., PhysioBank, PhysioToolkit, and PhysioNet, Circulation 101(23):e215, 2000"
_UPF = "https://www.upf.edu/documents/229517819/234490509"

KNOWN: dict[str, KnownDataset] = {
    "chbmit": KnownDataset(
        title="CHB-MIT Scalp EEG Database",
        folder="chbmit",
        contents="24 cases, 686 recordings of children, mostly 23 bipolar channels at 256 Hz, seizures marked",
        layout="chb01/chb01_03.edf, chb01/chb01-summary.txt",
        licence="Open Data Commons Attribution 1.0 (ODC-BY)",
        size="42.6 GB",
        citation=f"Shoeb, PhD thesis, MIT, 2009; Guttag 2010, doi:10.13026/C2K01R; {_PHYSIONET}",
        page="https://physionet.org/content/chbmit/1.0.0/",
        address="https://physionet.org/files/chbmit/1.0.0/",
    ),
    "siena": KnownDataset(
        title="Siena Scalp EEG Database",
        folder="siena",
        contents="14 adults, 47 seizures in about 128 hours, 10-20 electrodes at 512 Hz",
        layout="PN00/PN00-1.edf, PN00/Seizures-list-PN00.txt",
        licence="Creative Commons Attribution 4.0 (CC BY)",
        size="20.3 GB",
        citation=f"Detti et al., Processes 8(7):846, 2020; Detti 2020, doi:10.13026/5d4a-j060; {_PHYSIONET}",
        page="https://physionet.org/content/siena-scalp-eeg/1.0.0/",
        address="https://physionet.org/files/siena-scalp-eeg/1.0.0/",
    ),
    "bonn": KnownDataset(
        title="Bonn EEG time series",
        folder="bonn",
        contents="500 single-channel segments of 23.6 s at 173.61 Hz: healthy (A, B), interictal (C, D), ictal (E)",
        layout="setA/Z001.txt, setB/O001.txt, setC/N001.txt, setD/F001.txt, setE/S001.txt",
        licence="for research; cite the paper",
        size="about 10 MB unpacked",
        citation="Andrzejak et al., Phys. Rev. E 64:061907, 2001, doi:10.1103/PhysRevE.64.061907",
        page="https://www.upf.edu/web/ntsa/downloads",
        archives={
            "setA": f"{_UPF}/Z.zip/9c4a0084-c0d6-3cf6-fe48-8a8767713e67",
            "setB": f"{_UPF}/O.zip/f324f98f-1ade-e912-b89d-e313ac362b6a",
            "setC": f"{_UPF}/N.zip/d4f08e2d-3b27-1a6a-20fe-96dcf644902b",
            "setD": f"{_UPF}/F.zip/8219dcdd-d184-0474-e0e9-1ccbba43aaee",
            "setE": f"{_UPF}/S.zip/7647d3f7-c6bb-6d72-57f7-8f12972896a6",
        },
        how="open the page in a browser, save Z.zip, O.zip, N.zip, F.zip and S.zip, "
        "and unpack them into setA, setB, setC, setD and setE",
    ),
    "aes2014": KnownDataset(
        title="American Epilepsy Society Seizure Prediction Challenge (2014)",
        folder="aes2014",
        contents="intracranial EEG of 5 dogs (399.6 Hz) and 2 people (5 kHz) in files of 10 min: preictal, interictal",
        layout="Dog_1/Dog_1_preictal_segment_0001.mat",
        licence="the contest's rules",
        size="",
        citation="Brinkmann et al., Brain 139(6):1713, 2016",
        page="https://www.kaggle.com/c/seizure-prediction/data",
        how="it takes a Kaggle account and its rules accepted: fetch the archives there and unpack them, one folder "
        "a subject",
        account=True,
    ),
    "melbourne2016": KnownDataset(
        title="Melbourne University AES/MathWorks/NIH Seizure Prediction (2016)",
        folder="melbourne2016",
        contents="intracranial EEG of 3 people, 16 channels at 400 Hz, in files of 10 min: preictal, interictal",
        layout="train_1/1_17_0.mat or Pat1Train_17_0.mat, with the lists of files that are safe to use",
        licence="the contest's terms",
        size="",
        citation="Kuhlmann et al., Brain 141(9):2619, 2018, doi:10.1093/brain/awy210",
        page="https://www.epilepsyecosystem.org/",
        how="it takes an account with the Epilepsy Ecosystem: register there, fetch the archives and unpack them",
        account=True,
    ),
    "kermany": KnownDataset(
        title="Chest X-ray images of children (Kermany et al. 2018)",
        folder="chest_xray",
        contents="5856 chest X-rays of children of one to five years (624 of them in the test part): healthy, "
        "bacterial and viral pneumonia",
        layout="train/NORMAL/IM-0115-0001.jpeg, train/PNEUMONIA/person1_bacteria_1.jpeg, test/...",
        licence="Creative Commons Attribution 4.0 (CC BY)",
        size="1.2 GB",
        citation="Kermany et al., Cell 172(5):1122, 2018, doi:10.1016/j.cell.2018.02.010; Kermany, Zhang and Goldbaum, "
        "Mendeley Data, version 2, 2018, doi:10.17632/rscbjbr9sj.2",
        page="https://data.mendeley.com/datasets/rscbjbr9sj/2",
        how="open the page in a browser, save ChestXRay2017.zip and unpack it (version 2: later ones name the files "
        "otherwise)",
    ),
    "brain-mri": KnownDataset(
        title="Brain Tumor Classification (MRI), four classes",
        folder="brain_mri",
        contents="3264 slices of brain MRI (394 of them in the test part): no tumour, glioma, meningioma, pituitary "
        "tumour",
        layout="Training/glioma_tumor/gg (1).jpg, Training/no_tumor/..., Testing/...",
        licence="see its page",
        size="",
        citation="Bhuvaji, Kadam, Bhumkar, Dedge, Kanchan: Brain Tumor Classification (MRI), 2020, "
        "doi:10.34740/kaggle/dsv/1183165",
        page="https://github.com/SartajBhuvaji/Brain-Tumor-Classification-DataSet",
        how="open the page in a browser, download the repository as a zip file and unpack it into brain_mri",
    ),
}
