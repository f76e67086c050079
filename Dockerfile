# One image for every service, the broker and Redis: docker-compose.yml says which command runs where.
# A test keeps this file, docker-compose.yml and the code in step.
FROM python:3.11-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /opt/venv
COPY requirements.lock ./
RUN /opt/venv/bin/python -m pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md ./
COPY anju ./anju
COPY api ./api
COPY core ./core
COPY gateway ./gateway
COPY housing ./housing
COPY occupancy ./occupancy
COPY recognition ./recognition
COPY simulators ./simulators
RUN /opt/venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && /opt/venv/bin/python -m compileall -q /app

FROM python:3.11-slim-bookworm
# The folders exist in the image so that new volumes on them belong to this user.
RUN groupadd --gid 10001 anju \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin anju \
    && install -d -o anju -g anju -m 0700 /var/lib/anju /var/lib/anju/keys
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ANJU_VAR_DIR=/var/lib/anju
WORKDIR /app
USER 10001:10001
ENTRYPOINT ["anju"]
CMD ["doctor"]
