"""Django's settings, made of Tallygate's."""

from tallygate.settings import load, load_secrets
from tallygate.web import assets
from tallygate.web.logs import logging_config

TALLYGATE = load()

SECRET_KEY = load_secrets(TALLYGATE.home).django_key
DEBUG = False
ALLOWED_HOSTS = [
    *(host.strip() for host in TALLYGATE.allowed_hosts.split(",") if host.strip()),
    TALLYGATE.console.rpartition(":")[0],  # by which the supervisor asks whether it is ready
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tallygate.catalog",
    "tallygate.reports",
    "tallygate.alerting",
    "tallygate.console",
    "tallygate.developer",
]
MIDDLEWARE = [
    "tallygate.web.security.SecurityHeaders",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tallygate.developer.sessions.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "tallygate.web.urls"
WSGI_APPLICATION = "tallygate.web.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(TALLYGATE.database),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A transaction that begins as a reader and then writes fails at once when another has
            # written meanwhile, without waiting: so each takes the writer's place from its start.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "catalog.User"
PASSWORD_HASHERS = ["tallygate.catalog.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "console:sign-in"

SESSION_COOKIE_NAME = "tallygate_session"
SESSION_COOKIE_AGE = 14 * 86_400
SESSION_COOKIE_SECURE = TALLYGATE.secure_cookies
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "tallygate_csrf"
CSRF_COOKIE_SECURE = TALLYGATE.secure_cookies
if TALLYGATE.secure_cookies:
    # Secure cookies mean that HTTPS ends at a proxy before us; without this, forms would seem to
    # come from another origin.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "tallygate.web.failures.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = f"/static/{assets.digest()}/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = assets.may_be_cached_for_ever

LOGGING_CONFIG = "tallygate.web.logs.configure"
LOGGING = logging_config()
