"""Django's settings: everything lies in the home folder, and only this machine may ask."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from semeia.home import home_folder, make_folder, replacing

HOME = home_folder()


def _secret() -> str:
    """Return the key that signs sessions, made once and readable by its owner alone."""
    file = make_folder(HOME / "web") / "secret"
    if not file.is_file():
        with replacing(file) as part:
            part.touch(mode=0o600)
            part.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return file.read_text(encoding="ascii")


SECRET_KEY = _secret()
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "semeia.web.urls"
ASGI_APPLICATION = "semeia.web.asgi.application"
INSTALLED_APPS = [
    "ninja",  # the API's description with what is installed here, instead of from another host
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "semeia.web.apps.WebConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": HOME / "semeia.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "web.User"
STATIC_URL = "/static/"
STATIC_PAGE = Path(__file__).parent / "static"
WHITENOISE_ROOT = STATIC_PAGE if STATIC_PAGE.is_dir() else None
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = "^/assets/"
USE_TZ = True
TIME_ZONE = "UTC"
SESSION_COOKIE_NAME = "semeia_session"
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_COOKIE_NAME = "semeia_csrf"
CSRF_COOKIE_SAMESITE = "Strict"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 32 * 2**20  # a slice never takes a way round by the disk
IMPORT_FOLDERS = [Path(part) for part in os.environ.get("SEMEIA_FOLDERS", "").split(os.pathsep) if part]
"""Folders of this machine whose recordings the page may import."""
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.request": {"level": "ERROR"}},  # who was refused was told so, and no fault is to be seen here
}
