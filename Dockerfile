FROM python:3.12-slim AS build
COPY pyproject.toml README.md LICENSE /src/
COPY rules /src/rules
COPY zonelint /src/zonelint
RUN python -m venv /opt/zonelint && /opt/zonelint/bin/pip install --no-cache-dir /src

FROM python:3.12-slim
# --since asks git, which trusts no folder of another user unless it is told to
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system safe.directory /zones \
    && useradd --create-home zonelint
COPY --from=build /opt/zonelint /opt/zonelint
ENV PATH=/opt/zonelint/bin:$PATH
USER zonelint
WORKDIR /zones
ENTRYPOINT ["zonelint"]
CMD ["--help"]
