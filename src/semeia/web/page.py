"""The page itself, the link that lets its owner in, and what everybody else sees."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from semeia.web.entrance import redeem

__all__ = ["enter", "page"]

_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

_PLAIN = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Semeia</title>
<style>
  :root {{ color-scheme: light dark; font: 16px/24px system-ui, sans-serif; }}
  main {{ max-width: 32rem; margin: 20vh auto 0; padding: 0 24px; }}
  h1 {{ font-size: 20px; line-height: 28px; font-weight: 600; }}
  small {{ opacity: 0.75; }}
</style>
<main>
  <h1>{what}</h1>
  <p>{how}</p>
  <p><small>Semeia is not a medical device.</small></p>
</main>
</html>
"""


@require_GET
@never_cache
@ensure_csrf_cookie
def page(request: HttpRequest) -> HttpResponse:
    """Serve the built page, which then asks the API; to those who are not signed in, say how they get in."""
    if not request.user.is_authenticated:
        return _outside("Semeia runs here, but does not know this browser.", status=401)
    file = settings.STATIC_PAGE / "index.html"
    if not file.is_file():
        return _plain("The page is not built.", "Run <code>make page</code>, then load this again.", status=503)
    return HttpResponse(file.read_bytes(), headers={"Content-Security-Policy": _POLICY})


@require_GET
@never_cache
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Let in whoever has the one-time link, and go where it says."""
    user = redeem(token)
    if user is None:
        return _outside("This link was used before, or is more than an hour old.", status=403)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    target = request.GET.get("to", "/")
    here = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return HttpResponseRedirect(target if here else "/")


def _outside(what: str, *, status: int) -> HttpResponse:
    how = (
        "Open the link that <code>semeia serve</code> printed in its terminal. It works once; "
        "<code>semeia serve</code>, run again in another terminal, prints a new one."
    )
    return _plain(what, how, status=status)


def _plain(what: str, how: str, *, status: int) -> HttpResponse:
    return HttpResponse(_PLAIN.format(what=what, how=how), status=status, headers={"Content-Security-Policy": _POLICY})
