"""Django settings; whatever a deployment may change comes from ``imiconnect.environment``."""

import sys
from datetime import timedelta

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from whitenoise.compress import Compressor

from imiconnect import ROOT
from imiconnect.environment import read_environment
from imiconnect.urls_of_engines import cache_url, celery_broker, database, email, live_prefix

ENV = read_environment()

DEBUG = ENV.DEBUG
SECRET_KEY = ENV.SECRET_KEY
FIELD_KEYS = ENV.FIELD_KEYS
DATA_DIR = ENV.DATA_DIR
ALLOWED_HOSTS = ENV.ALLOWED_HOSTS
PUBLIC_URL = (ENV.PUBLIC_URL or f"http://{ENV.HOST}:{ENV.PORT}").rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

PLATFORM_NAME = "IMIconnect"
ROOT_URLCONF = "imiconnect.urls"
ASGI_APPLICATION = "imiconnect.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "channels",
    "guardian",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "widget_tweaks",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "imiconnect.engines",
    "imiconnect.audit",
    "imiconnect.accounts",
    "imiconnect.tokens",
    "imiconnect.console",
    "imiconnect.sandbox",
    "imiconnect.numbers",
    "imiconnect.apps",
    "imiconnect.sharing",
    "imiconnect.rtm",
]

MIDDLEWARE = [
    "imiconnect.console.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "imiconnect.csp.SupportCSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "imiconnect.console.middleware.HtmxMiddleware",
    "imiconnect.console.middleware.FormAddressMiddleware",
    "imiconnect.accounts.middleware.SessionLimits",
    "imiconnect.accounts.middleware.MemberMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "imiconnect.console.context.console",
            ],
        },
    },
]
FORM_RENDERER = "imiconnect.console.drawing.Renderer"

# Engines ---------------------------------------------------------------------------

#: Behind a pooler a session lasts as long as a transaction.
DATABASE_IS_POOLED = bool(ENV.DATABASE_DIRECT_URL)
DATABASES = {"default": database(ENV.DATABASE_URL, pooled=DATABASE_IS_POOLED)}
REDIS_URL = ENV.REDIS_URL
CACHES = {
    "default": {
        "BACKEND": "imiconnect.cache.RedisOrMemoryCache",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": "imiconnect",
        # A dead Redis costs what is cached, never a page.
        "OPTIONS": {
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 2,
            "SOCKET_TIMEOUT": 2,
        },
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": live_prefix(REDIS_URL)},
    }
}
RTM_BROKER_URL = ENV.RTM_BROKER_URL
RTM_BROKER_KIND = ENV.RTM_BROKER_KIND
RTM_DEVICE_TCP_URL = ENV.RTM_DEVICE_TCP_URL
RTM_AUTH_CALLOUT_URL = ENV.RTM_AUTH_CALLOUT_URL
RTM_AUTH_CALLOUT_SEED = ENV.RTM_AUTH_CALLOUT_SEED

# Celery: a task is only ever a nudge, so losing one costs a second, never a row. ----------

CELERY_BROKER_URL = ENV.CELERY_BROKER_URL or REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS, CELERY_TASK_DEFAULT_QUEUE_TYPE = celery_broker(
    CELERY_BROKER_URL
)
CELERY_TASK_CREATE_MISSING_QUEUE_TYPE = CELERY_TASK_DEFAULT_QUEUE_TYPE
# Celery makes 28 queues for tasks with a time on RabbitMQ; no task here has one.
CELERY_BROKER_NATIVE_DELAYED_DELIVERY_QUEUE_TYPE = "classic"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = "UTC"
#: Each package adds its own periodic tasks in its ``tasks.py``.
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

# People ----------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    # allauth's, which is Django's own one as well: a password is hashed once per attempt.
    "imiconnect.accounts.backends.SeatedBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ANONYMOUS_USER_NAME = None
GUARDIAN_AUTO_PREFETCH = False
ACCOUNT_ADAPTER = "imiconnect.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
#: Per address, and per account with a cool-off of five minutes.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    # A request for a trial sends a mail to whatever address is typed.
    "trial": "10/h/ip,3/h/key",
    "trial_mail": "20/h/ip,3/h/key",
}
_SIGN_IN_FORMS = "imiconnect.accounts.forms_of_sign_in."
ACCOUNT_FORMS = {
    "login": _SIGN_IN_FORMS + "SignInForm",
    "reset_password": _SIGN_IN_FORMS + "ResetPasswordForm",
    "reset_password_from_key": _SIGN_IN_FORMS + "ResetPasswordKeyForm",
    "change_password": _SIGN_IN_FORMS + "ChangePasswordForm",
    "set_password": _SIGN_IN_FORMS + "SetPasswordForm",
    "reauthenticate": _SIGN_IN_FORMS + "ReauthenticateForm",
}
MFA_ADAPTER = "imiconnect.accounts.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": _SIGN_IN_FORMS + "SecondFactorForm",
    "reauthenticate": _SIGN_IN_FORMS + "SecondFactorAgainForm",
    "activate_totp": _SIGN_IN_FORMS + "ActivateTOTPForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
#: A code is also taken one period early or late: phones' clocks differ.
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = "IMIconnect"
# The address of an account was proved by the invitation that came to it.
MFA_ALLOW_UNVERIFIED_EMAIL = True
#: A session ends this long after its last request, and this long after the sign-in at all.
SESSION_IDLE = timedelta(hours=12)
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "imiconnect.console.errors.csrf_failure"

# Browser ---------------------------------------------------------------------------

_LIVE = [PUBLIC_URL.replace("http", "ws", 1)]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "connect-src": [SELF, *_LIVE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
#: What the support staff's pages (``/admin/``) have instead of the same directives.
SUPPORT_CSP = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if ENV.HTTPS:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = (
        ("HTTP_X_FORWARDED_PROTO", "https") if ENV.TRUSTED_PROXIES else None
    )
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
TRIAL_SIGN_UP, TRIAL_DAYS = ENV.TRIAL_SIGN_UP, ENV.TRIAL_DAYS
SUPPORT_OPENS, SUPPORT_CLOSES = ENV.SUPPORT_OPENS, ENV.SUPPORT_CLOSES
SUPPORT_TIME_ZONE = ENV.SUPPORT_TIME_ZONE
SANDBOX, SANDBOX_APNS_PORT = ENV.SANDBOX, ENV.SANDBOX_APNS_PORT
TRUSTED_PROXIES = ENV.TRUSTED_PROXIES
ALLOW_PRIVATE_CALLBACKS = ENV.ALLOW_PRIVATE_CALLBACKS

# Push services
APNS_URLS = {"production": ENV.APNS_URL, "sandbox": ENV.APNS_SANDBOX_URL}
FCM_URL, GOOGLE_TOKEN_URL = ENV.FCM_URL, ENV.GOOGLE_TOKEN_URL
CALLBACK_TIMEOUT_SECONDS = ENV.CALLBACK_TIMEOUT_SECONDS
CALLBACK_RETRIES, CALLBACK_RETRY_SECONDS = ENV.CALLBACK_RETRIES, ENV.CALLBACK_RETRY_SECONDS
RTM_DRAINS = ENV.RTM_DRAINS

STATIC_URL = "/static/"
STATIC_ROOT = ROOT / "build" / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "imiconnect.console.statics.Storage"},
}
KEEP_MESSAGES_DAYS = ENV.KEEP_MESSAGES_DAYS
KEEP_RECORDINGS_DAYS = ENV.KEEP_RECORDINGS_DAYS
ARCHIVE_MESSAGES = ENV.ARCHIVE_MESSAGES
ARCHIVE_DIR = ENV.ARCHIVE_DIR or DATA_DIR / "archive"
MEDIA_ROOT = DATA_DIR / "media"

# Source maps are for developers, and the API page needs Swagger UI alone: compressing the
# rest cost most of the time of the first start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

# Language and time -------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
DATE_FORMAT, DATETIME_FORMAT = "j M Y", r"j M Y, H:i \U\T\C"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
#: In one language nothing is looked up: a page has hundreds of texts. A second one turns it on.
USE_I18N = len(LANGUAGES) > 1
LOCALE_PATHS = [ROOT / "imiconnect" / "locale"]

# Mail, interfaces, log -----------------------------------------------------------------

globals().update(email(ENV.EMAIL_URL))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.DEFAULT_FROM_EMAIL

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "imiconnect.tokens.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["imiconnect.console.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "imiconnect.console.api.CursorPagination",
    "EXCEPTION_HANDLER": "imiconnect.console.api.problem_details",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "IMIconnect",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "AppState": "imiconnect.apps.models.App.State",
        "ServiceState": "imiconnect.sharing.models.Service.State",
        "NumberKind": "imiconnect.numbers.kinds.Kind",
        "NumberState": "imiconnect.numbers.kinds.State",
        "ThreadType": "imiconnect.rtm.models.Thread.Type",
        "TopicAccess": "imiconnect.rtm.models.Topic.Access",
        "Transport": "imiconnect.apps.policy.TRANSPORTS",
        "TypingState": ["start", "stop"],
    },
    "PREPROCESSING_HOOKS": ["imiconnect.rtm.openapi.without_twins"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "imiconnect.rtm.openapi.add_hot_routes",
    ],
}
UNFOLD = {
    "SITE_TITLE": "IMIconnect support",
    "SITE_HEADER": "IMIconnect support",
    "SITE_ICON": "imiconnect.support.logo",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "imiconnect.support.logo"}
    ],
    # The console's blue in place of purple, light to dark.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.6)",
            "100": "oklch(93.2% .032 255.6)",
            "200": "oklch(88.2% .059 254.1)",
            "300": "oklch(80.9% .105 251.8)",
            "400": "oklch(70.7% .165 254.6)",
            "500": "oklch(62.3% .214 259.8)",
            "600": "oklch(50.5% .18 257)",
            "700": "oklch(45% .17 258)",
            "800": "oklch(39% .14 260)",
            "900": "oklch(33% .11 260)",
            "950": "oklch(25% .08 262)",
        }
    },
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "imiconnect.decisions.with_queues",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "filters": {"request_id": {"()": "imiconnect.console.middleware.RequestIdFilter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
            "stream": sys.stderr,
        }
    },
    "root": {"handlers": ["stderr"], "level": ENV.LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "kombu.transport.native_delayed_delivery": {"level": "ERROR"},
        # Below, these write addresses, headers or what they sign, with tokens in them.
        **dict.fromkeys(
            ("httpx", "httpcore", "hpack", "oauthlib", "urllib3", "twilio"),
            {"level": "WARNING"},
        ),
        # It sets a level of its own where it finds none.
        "psycopg": {"level": "ERROR" if ENV.LOG_LEVEL == "ERROR" else "WARNING"},
    },
}
