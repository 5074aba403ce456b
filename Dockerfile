# One image for web, worker and beat; what a container does is said by its command (compose.yaml).
FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /scrip
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY manage.py pyproject.toml ./
COPY apps apps
COPY config config
COPY locale locale
COPY static static
COPY templates templates
RUN useradd --system --home /scrip scrip && mkdir -p var && chown scrip var
USER scrip
RUN SECRET_KEY=only-while-building python manage.py collectstatic --noinput
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "4", "--threads", "4", "--no-control-socket"]
