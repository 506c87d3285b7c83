# A small image with netlint alone: docker build -t netlint . && docker run --rm -v "$PWD:/work:ro" netlint models/
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
COPY pyproject.toml README.md LICENSE /src/
COPY netlint /src/netlint
COPY rules /src/rules
# Bytecode is compiled here, once: the user who runs netlint may not write it. Times of whole seconds outlive the copy
# below, and bytecode and the index of the rules are found by them. pip is of no use afterwards.
RUN python -m venv /opt/netlint \
 && /opt/netlint/bin/python -m pip install --no-cache-dir --no-compile "/src[hdf5]" \
 && /opt/netlint/bin/python -m pip uninstall --yes setuptools pip \
 && find /opt/netlint -name '*.py' -exec touch -d 2020-02-02T00:00:00Z {} + \
 && /opt/netlint/bin/python -m compileall -q -j 0 /opt/netlint/lib
# The index of the rules, which is otherwise made in the first run.
RUN NETLINT_CACHE_DIR=/opt/netlint/cache /opt/netlint/bin/netlint rules > /dev/null

FROM python:${PYTHON}-slim
COPY --from=build /opt/netlint /opt/netlint
ENV PATH=/opt/netlint/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    NETLINT_CACHE_DIR=/opt/netlint/cache
# A number and no name: Kubernetes' runAsNonRoot looks at numbers.
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["netlint"]
CMD ["--help"]
