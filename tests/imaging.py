"""A folder of made images for the page, and a network that tells them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

CLASSES = ["clear", "dense"]
MODEL = "spots"


def lung(seed: int, dense: bool, side: int = 96) -> NDArray[np.uint8]:
    """Return two dark ovals on grey, with a bright spot in one of them where it is dense."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    picture = np.full((side, side), 150.0)
    for centre in (-0.42, 0.42):
        picture -= 100 * (((x - centre) / 0.3) ** 2 + (y / 0.7) ** 2 < 1)
    if dense:
        place = rng.choice([-0.42, 0.42]), rng.uniform(-0.3, 0.3)
        picture += 120 * np.exp(-(((x - place[0]) / 0.2) ** 2) - ((y - place[1]) / 0.25) ** 2)
    return np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)


def write_images(folder: Path, each: int = 6) -> Path:
    """Write a set: PNG in two classes, one of them labelled wrong, an exact twin, a file that is no image, and a CT."""
    for label in CLASSES:
        (folder / label).mkdir(parents=True)
        for number in range(each):
            Image.fromarray(lung(number, label == "dense")).save(folder / label / f"{label}_{number}.png")
    Image.fromarray(lung(90, dense=True)).save(folder / "clear" / "wrong.png")
    Image.fromarray(lung(0, dense=True)).save(folder / "dense" / "twin.png", compress_level=1)
    (folder / "dense" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    write_ct(folder / "dense" / "ct.dcm")
    return folder


def write_ct(path: Path, slices: int = 5) -> Path:
    """Write a CT of several frames, in HU: air, and a body of 40 HU with bone of 1000 HU that grows."""
    y, x = np.mgrid[-1:1:80j, -1:1:80j]
    volume = np.full((slices, 80, 80), -1000.0)
    volume[:, x**2 + y**2 < 0.8] = 40
    for number in range(slices):
        volume[number, x**2 + y**2 < 0.02 * (number + 1)] = 1000
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["semeia"])
    made = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    stated: dict[str, Any] = {
        "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "PatientName": "Doe^Jane",
        "Modality": "CT",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "NumberOfFrames": slices,
        "Rows": 80,
        "Columns": 80,
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "WindowCenter": 40,
        "WindowWidth": 400,
        "PixelData": (volume + 1024).astype("<u2").tobytes(),
    }
    for name, value in stated.items():
        setattr(made, name, value)
    made["PixelData"].VR = "OW"
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def write_image_model(folder: Path) -> Path:
    """Train a network for some seconds to find the dense ones, and write its model."""
    import torch

    from semeia.model import Component, ImageDescription, ImageModel, OperatingPoint
    from semeia.networks import build
    from semeia.transforms import image_transform_named

    torch.manual_seed(0)
    transform = image_transform_named("image", size=32)
    pictures = np.stack([lung(200 + k, bool(k % 2)) for k in range(24)])[:, None].astype(np.float32) / 255
    prepared = np.stack([transform.prepare(picture) for picture in pictures])
    transform = transform.fit([prepared])
    module = build("small-resnet", transform.shape(), 2, width=4, blocks=[1, 1])
    optimiser = torch.optim.Adam(module.parameters(), 1e-2)
    seen, truth = torch.from_numpy(transform.apply(prepared)), torch.arange(24) % 2
    for _ in range(40):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(module(seen), truth).backward()
        optimiser.step()
    description = ImageDescription(
        name=MODEL,
        description="finds bright spots",
        task="images",
        classes=CLASSES,
        transform=Component(name="image", parameters=transform.state()),
        network=Component(name="small-resnet", parameters={"width": 4, "blocks": [1, 1]}),
        operating_point=OperatingPoint(threshold=0.5),
    )
    ImageModel(description, module).save(folder, recipe="", metrics={}, card="")
    return folder
