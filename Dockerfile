# Antiphon in a container: with its page alone, or through the JACK server of the machine around it.
# docs/docker.md says how to run it. The versions and hashes of everything from python's index are in locks/run.txt.

FROM debian:12-slim AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY locks/run.txt /build/
RUN python3 -m venv /opt/antiphon \
    && /opt/antiphon/bin/pip install --no-cache-dir --require-hashes --requirement /build/run.txt
COPY pyproject.toml README.md LICENSE NOTICE /build/antiphon/
COPY daemon /build/antiphon/daemon
COPY training /build/antiphon/training
COPY models /build/antiphon/models
COPY systemd /build/antiphon/systemd
RUN /opt/antiphon/bin/pip install --no-cache-dir --no-deps --no-build-isolation /build/antiphon \
    && /opt/antiphon/bin/pip uninstall --yes hatchling editables pathspec pluggy trove-classifiers pip setuptools

FROM debian:12-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends jackd2 libasound2 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home antiphon
COPY --from=build /opt/antiphon /opt/antiphon
COPY --chmod=755 docker/start.sh /usr/local/bin/antiphon-start
ENV PATH=/opt/antiphon/bin:$PATH
USER antiphon
WORKDIR /home/antiphon
EXPOSE 8765
STOPSIGNAL SIGTERM
ENTRYPOINT ["antiphon-start"]
