"""A native client: a person lets it in through their browser. Python 3.9 or newer, no packages.

Usage: python3 client.py [URL of bimgate]
"""

import json
import secrets
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import webbrowser

# The person is asked whether a program of this name may come in.
NAME = "bimgate-example/1.0"
# As long as bimgate gives a person to log in (`directory.time_to_authenticate`).
LOGIN_SECONDS = 600


class Bimgate:
    def __init__(self, url):
        self.url = url.rstrip("/")
        self.session_api = f"{self.url}/directory/api/directorysession"

    def call(self, method, url, headers, body=None):
        """Sends a request; what the answer's JSON holds, or None if it has no body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"User-Agent": NAME, **headers}, method=method)
        # Longer than the longest wait.
        with urllib.request.urlopen(request, timeout=60) as reply:
            text = reply.read()
        return json.loads(text) if text else None

    def wait(self, native_token, seconds):
        """The session, once the person has let the program in; None if nothing is decided after so many seconds."""
        url = f"{self.session_api}/waitforauthentication?timeoutsec={seconds}"
        return self.call("GET", url, {"x-infinite-bearer": native_token})

    def log_in(self):
        """Opens a login in the person's browser and waits for it; the session."""
        # Who knows this token gets the session: it is random, and used once.
        native_token = secrets.token_hex(16)
        # Asked once before the browser comes, so that the page can say which program it is.
        self.wait(native_token, 0)
        query = {
            "claims": "access:client",
            "nativetoken": native_token,
            # This page is always registered.
            "redirecturl": f"{self.url}/directory/api/static/onauthenticationdone.html",
        }
        link = f"{self.session_api}/authenticate?{urllib.parse.urlencode(query)}"
        print(f"Log in at {link}", flush=True)
        webbrowser.open(link)
        end = time.monotonic() + LOGIN_SECONDS
        while time.monotonic() < end:
            try:
                session = self.wait(native_token, 25)
            except urllib.error.HTTPError as refused:
                if refused.code not in (429, 503):
                    raise
                time.sleep(int(refused.headers.get("Retry-After", 1)))
                continue
            except (urllib.error.URLError, TimeoutError):
                # The connection broke: the login goes on all the same.
                time.sleep(1)
                continue
            if session:
                return session
        raise SystemExit("Nobody logged in.")


class Session:
    """An open session, kept alive by heartbeats until it is closed."""

    def __init__(self, bimgate, opened):
        self.bimgate = bimgate
        self.current = opened
        self.closed = threading.Event()
        self.heart = threading.Thread(target=self.keep_alive, daemon=True)
        self.heart.start()

    def call(self, method, url, body=None):
        return self.bimgate.call(method, url, {"x-infinite-bearer": self.current["directory_access_token"]}, body)

    def keep_alive(self):
        # At half of the time, so that one heartbeat that fails does not end the session.
        while not self.closed.wait(max((self.current["heartbeat_before"] - time.time()) / 2, 1)):
            try:
                self.current = self.call("POST", f"{self.bimgate.session_api}/heartbeat")
            except urllib.error.HTTPError as refused:
                if refused.code == 401:
                    print("The session is over.", flush=True)
                    return
            except (urllib.error.URLError, TimeoutError):
                pass  # tried again, sooner

    def v2_token(self):
        """An access token for the v2 API: a cross token, swapped."""
        cross = self.call("POST", f"{self.bimgate.url}/v2/cross-token")
        swap = {"cross_token": cross["cross_token"], "client_id": NAME}
        return self.bimgate.call("POST", f"{self.bimgate.url}/v2/cross-authorize", {}, swap)["access_token"]

    def close(self):
        self.closed.set()
        self.heart.join()
        self.call("POST", f"{self.bimgate.session_api}/close?forceuserconsentonnextlogin=false")


def main():
    bimgate = Bimgate(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")
    session = Session(bimgate, bimgate.log_in())
    print(f"Hello {session.current['displayname']}", flush=True)
    user = bimgate.call("GET", f"{bimgate.url}/v2/user", {"Authorization": f"BimPlus {session.v2_token()}"})
    print(f"The v2 API knows you as {user['email']}", flush=True)
    print("Enter logs out.", flush=True)
    sys.stdin.readline()
    session.close()
    print("Logged out", flush=True)


if __name__ == "__main__":
    try:
        main()
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"{refused.code}: {json.load(refused)['message']}") from None
