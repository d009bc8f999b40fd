"""Logs in with the generated client at the server that is named, and goes through the v2 API."""

import sys

from generated import AuthenticatedClient, Client
from generated.api.directory import get_version
from generated.api.v2 import check_token, log_in, mint_cross_token, revoke_token, swap_cross_token, user
from generated.models import Envelope, LoginResponse, PasswordLogin, SilentLogin, SwapRequest

server, email, password = sys.argv[1:]
anonymous = Client(base_url=server)


def tokens(response):
    assert isinstance(response, LoginResponse), response
    return response


def known(login):
    return AuthenticatedClient(base_url=server, token=login.access_token, prefix="BimPlus")


def logged_in(body):
    return tokens(log_in.sync(client=anonymous, body=body))


first = logged_in(PasswordLogin(user_id=email, password=password, remember_me=True, client_id="a device"))
assert (first.token_type, first.remember_me) == ("BimPlus", True), first
silent = logged_in(
    SilentLogin(remember_me="true", remember_me_token=first.remember_me_token, client_id=first.client_id)
)
minted = mint_cross_token.sync(client=known(silent))
swapped = tokens(swap_cross_token.sync(client=anonymous, body=SwapRequest(cross_token=minted.cross_token)))
who = user.sync(client=known(swapped))
assert who.email == email and who.id == check_token.sync(client=known(swapped)).user_id, who
assert get_version.sync(client=anonymous).type_ == "directoryapi"
assert revoke_token.sync(client=known(swapped)).expires_in == 0
for refused in (
    check_token.sync(client=known(swapped)),
    log_in.sync(client=anonymous, body=PasswordLogin(user_id=email, password="wrong")),
):
    assert isinstance(refused, Envelope) and refused.error is True, refused
print(who.id)
