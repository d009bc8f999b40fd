"""A Django site with its own accounts, which is an OpenID provider twice: by django-allauth at its root, and by Django
OAuth Toolkit at /o."""

import os
from importlib.metadata import version

import django
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

HOST, PORT, ISSUER, SERVER, VIEWER, SECRET = (
    os.environ[name] for name in ("HOST", "PORT", "ISSUER", "SERVER", "VIEWER", "SECRET")
)
BACK = f"{SERVER}/directory/api/directorysession/onauthenticated"
OUT = f"{SERVER}/directory/api/signout"
SCOPES = ["openid", "profile", "email"]
is_toolkit = ISSUER.endswith("/o")
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

settings.configure(
    SECRET_KEY="of no importance",
    ALLOWED_HOSTS=[HOST],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "site.sqlite"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.admin",
        "allauth",
        "allauth.account",
        "allauth.idp.oidc",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "DIRS": ["templates"],
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    LOGIN_URL="/login/" if is_toolkit else "/accounts/login/",
    ACCOUNT_EMAIL_VERIFICATION="none",
    IDP_OIDC_PRIVATE_KEY=pem,
    IDP_OIDC_ACCESS_TOKEN_FORMAT="jwt",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": pem,
        "OIDC_RP_INITIATED_LOGOUT_ENABLED": True,
        "OAUTH2_VALIDATOR_CLASS": f"{__name__}.Validator",
        "SCOPES": {scope: scope for scope in SCOPES},
        "ALLOWED_SCHEMES": ["http", "https"],
    },
)
django.setup()

from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402


class Validator(OAuth2Validator):
    """The toolkit knows no claims about a person but `sub`: a site adds them."""

    oidc_claim_scope = {**OAuth2Validator.oidc_claim_scope, "email_verified": "email", "groups": "profile"}

    def get_additional_claims(self):
        return {
            "name": lambda request: request.user.get_full_name(),
            "email": lambda request: request.user.email,
            "email_verified": lambda request: True,
            "groups": lambda request: ["site", "office"],
        }


urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("login/", LoginView.as_view(template_name="login.html")),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("", include("allauth.idp.urls")),
]


def fill():
    from allauth.account.models import EmailAddress
    from allauth.idp.oidc.models import Client
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from oauth2_provider.models import Application

    email = os.environ["EMAIL"]
    ada = get_user_model().objects.create_user("ada", email, os.environ["PASSWORD"], first_name="Ada")
    EmailAddress.objects.create(user=ada, email=email, verified=True, primary=True)
    for name, back in (("bimgate", BACK), ("viewer", VIEWER)):
        client = Client(
            id=name,
            name=name,
            secret=make_password(SECRET),
            scopes="\n".join(SCOPES),
            redirect_uris=back,
            skip_consent=True,
        )
        client.set_post_logout_redirect_uris([OUT])
        client.save()
        Application.objects.create(
            name=name,
            client_id=name,
            client_secret=SECRET,
            client_type="confidential",
            authorization_grant_type="authorization-code",
            redirect_uris=back,
            post_logout_redirect_uris=OUT,
            algorithm="RS256",
            skip_authorization=True,
        )


if __name__ == "__main__":
    import sys

    import waitress
    from django.core.wsgi import get_wsgi_application

    sys.modules[settings.ROOT_URLCONF] = sys.modules["__main__"]
    os.mkdir("templates")
    with open("templates/login.html", "w") as file:
        file.write('<form method="post">{% csrf_token %}{{ form }}<button type="submit">Log in</button></form>')
    call_command("migrate", verbosity=0)
    fill()
    with open("version", "w") as file:
        file.write(version("django-oauth-toolkit" if is_toolkit else "django-allauth"))
    waitress.serve(get_wsgi_application(), host=HOST, port=int(PORT))
