# `make image` builds it. The base is named by its tag; docs/operations.md says how a digest is set,
# so that everybody builds on the same one.
ARG BASE=python:3.13-slim

# Build stage: everything that installing needs and running does not.
FROM ${BASE} AS build

# run, or sentry for the errors' reports to Sentry
ARG LOCK=run
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements requirements
RUN python -m venv --copies /opt/restyle \
    && /opt/restyle/bin/pip install --no-deps --require-hashes -r "requirements/${LOCK}.txt"
COPY bot bot
COPY cogs cogs
# The bot is run from its folder, so it is compiled and copied, not packaged. pip goes: nothing
# is installed in the final image.
RUN mkdir /opt/restyle/app && cp -r bot cogs /opt/restyle/app/ \
    && python -m compileall -q /opt/restyle/app \
    && /opt/restyle/bin/pip uninstall --quiet --yes pip

FROM ${BASE}

ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Restyle" \
      org.opencontainers.image.description="A Discord bot with which the people of a server restyle videos" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

RUN useradd --uid 10001 --shell /usr/sbin/nologin --home-dir /data --no-create-home restyle \
    && install -d -o restyle -g restyle -m 0700 /data \
    && install -d -o restyle -g restyle -m 0700 /backups
COPY --from=build /opt/restyle /opt/restyle

ENV PATH=/opt/restyle/bin:$PATH \
    PYTHONPATH=/opt/restyle/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data
WORKDIR /data
VOLUME /data
USER restyle

# SIGTERM ends it gracefully: steps in flight are finished or handed back within 10 seconds.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "bot", "health"]
CMD ["python", "-m", "bot"]
