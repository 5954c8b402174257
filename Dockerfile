# Seizures in scalp EEG as a container after SzCORE: it reads /data/$INPUT, writes /output/$OUTPUT, and needs no network.
#
#   docker build -t semeia .
#   docker run --rm --network none -v "$PWD/data:/data:ro" -v "$PWD/output:/output" \
#       -e INPUT=patient.edf -e OUTPUT=patient.tsv semeia
#
# Not a medical device.
FROM python:3.11-slim

# Where wheels are looked for beside pip's default: pip reads these. The CPU build of torch, half a gigabyte instead of
# several, is taken when the index of PyTorch's CPU wheels, or a folder of the build context that has them, is named.
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS

WORKDIR /build
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY recipes recipes
COPY src src
RUN pip install --no-cache-dir --compile --constraint constraints.txt . && rm -rf /build/*

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin semeia
WORKDIR /
USER semeia
ENV SEMEIA_HOME=/tmp/semeia INPUT="" OUTPUT=""
VOLUME ["/data", "/output"]
ENTRYPOINT ["semeia", "szcore"]
