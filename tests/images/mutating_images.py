"""Read mutated images of one kind, in a process with little memory: ``python mutating_images.py KIND COUNT FOLDER``."""

from __future__ import annotations

import gzip
import random
import resource
import sys
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
from handmade_images import COLOUR, GREY, compressed, dicom, dicom_bytes, encoded, nifti
from PIL import Image
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from semeia.errors import SemeiaError
from semeia.images import open_image

MEMORY = 2 << 30  # bytes of address space; loading the decoders takes about half a GiB of it


def seeds(kind: str) -> list[bytes]:
    """Return whole files of a kind, of every sort that has a path of its own through the reader."""
    grey, colour = Image.fromarray(GREY), Image.fromarray(COLOUR)
    deep = GREY.astype(np.int16) * 8
    match kind:
        case "PNG":
            made = [encoded(picture, "PNG") for picture in (grey, colour, grey.convert("P"), colour.convert("RGBA"))]
            made.append(encoded(GREY.astype(np.uint16) * 257, "PNG"))
            return [*made, encoded(colour, "PNG", save_all=True, append_images=[colour.rotate(180)])]
        case "JPEG":
            exif = colour.getexif()
            exif[0x0112] = 6
            made = [encoded(picture, "JPEG", exif=exif) for picture in (grey, colour, colour.convert("CMYK"))]
            return [*made, encoded(colour, "JPEG", progressive=True)]
        case "TIFF":
            made = [encoded(colour, "TIFF", compression=c) for c in (None, "tiff_lzw", "jpeg", "tiff_adobe_deflate")]
            made += [encoded(grey.convert("F"), "TIFF"), encoded(grey.convert("1"), "TIFF", compression="group4")]
            return [*made, encoded(grey, "TIFF", save_all=True, append_images=[grey, grey])]
        case "DICOM":
            run_length = dicom(np.stack([deep, deep]), frames=True)
            run_length.compress(RLELossless, generate_instance_uid=False)
            deflated = dicom(deep)
            deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
            sets = [dicom(deep, RescaleSlope=2, RescaleIntercept=-24, WindowCenter=40, WindowWidth=400)]
            sets += [dicom(COLOUR), run_length, deflated, dicom(np.stack([deep, deep]), frames=True)]
            sets.append(compressed(dicom(GREY), encoded(grey, "JPEG"), JPEGBaseline8Bit))
            sets.append(compressed(dicom(GREY), encoded(grey, "JPEG2000", no_jp2=True), JPEG2000Lossless))
            return [dicom_bytes(made) for made in sets]
    volume = deep[:, :, None].repeat(3, 2)
    return [nifti(volume), nifti(volume.astype(np.float32), version=2), nifti(np.stack([volume] * 2, 3))]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return a file with bytes changed, put in or cut off, mostly where it describes itself."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(changed) if rng.random() < 0.5 else min(len(changed), 1000))
        what = rng.random()
        if what < 0.75:
            changed[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])
        elif what < 0.8 and at:
            del changed[at:]
        elif what < 0.9:
            changed[at:at] = rng.randbytes(rng.randint(1, 40))
        else:
            changed[at : at + 4] = rng.choice([b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"])
    return bytes(changed)


def with_sums(data: bytes) -> bytes:
    """Return a PNG file whose sums of its chunks are right again, so that damage gets further."""
    at, mended = 8, bytearray(data)
    while at + 12 <= len(mended):
        end = at + 8 + int.from_bytes(mended[at : at + 4])
        if end + 4 > len(mended):
            break
        mended[end : end + 4] = zlib.crc32(mended[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(mended)


def main(kind: str, count: int, path: Path) -> None:
    rng, whole, read, slowest = random.Random(kind), seeds(kind), 0, 0.0
    for _ in range(count):
        data = mutated(rng.choice(whole), rng)
        if kind == "PNG" and rng.random() < 0.7:
            data = with_sums(data)
        if kind == "NIfTI" and rng.random() < 0.4:
            data = gzip.compress(data, 1)
            data = data[: rng.randrange(1, len(data))] if rng.random() < 0.3 else data
        path.write_bytes(data)
        began = time.process_time()
        try:
            image = open_image(path)
            for frame in {0, image.frames // 2, image.frames - 1}:
                image.shown(frame)
                image.grey(frame)
            read += 1
        except SemeiaError as error:
            assert str(error).startswith(f"{path.name}: ") and str(error).isprintable(), error
            assert kind != "DICOM" or "Doe" not in str(error), error
        slowest = max(slowest, time.process_time() - began)
    print(read, slowest)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]) / "hostile.img")
