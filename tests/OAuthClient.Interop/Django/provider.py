"""
Runs django-oauth-toolkit on a free loopback port, with clients that the tests specify.
Reads one JSON object per line from its input, responds to each with one on its output, and exits when the input ends.
"""

import json
import os
import sys
from functools import lru_cache
from threading import Lock, Thread

import django
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from jwcrypto.jwk import JWK

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

from django.contrib.auth.models import User  # noqa: E402, after the setup
from oauth2_provider.models import Application  # noqa: E402

GRANT_TYPES = {
    "authorization_code": Application.GRANT_AUTHORIZATION_CODE,
    "client_credentials": Application.GRANT_CLIENT_CREDENTIALS,
}

User.objects.create_user("alice", "alice@example.com", "whatever", first_name="Alice", last_name="Ärmel")
# The toolkit parses and checks the same key for each ID Token, which takes half of the time of all requests.
JWK.from_pem = lru_cache(JWK.from_pem)
turn = Lock()


class Handler(WSGIRequestHandler):
    def log_message(self, *arguments):
        pass


def one_at_a_time(application):
    # SQLite has one writer.
    def run(environ, start_response):
        with turn:
            return application(environ, start_response)

    return run


def client(metadata):
    """Registers a client by its metadata (OpenID Connect Dynamic Registration §2)."""
    is_public = metadata.get("token_endpoint_auth_method") == "none"
    Application.objects.create(
        client_id=metadata["client_id"],
        client_secret=metadata.get("client_secret", ""),
        client_type=Application.CLIENT_PUBLIC if is_public else Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=GRANT_TYPES[metadata["grant_types"][0]],
        redirect_uris=" ".join(metadata["redirect_uris"]),
        algorithm=metadata.get("id_token_signed_response_alg", Application.RS256_ALGORITHM),
    )


COMMANDS = {"client": client}

server = ThreadedWSGIServer(("127.0.0.1", 0), Handler)
server.set_app(one_at_a_time(get_wsgi_application()))
Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"issuer": f"http://127.0.0.1:{server.server_port}/o"}), flush=True)
for line in sys.stdin:
    [(command, argument)] = json.loads(line).items()
    try:
        with turn:
            COMMANDS[command](argument)
        print(json.dumps({"done": command}), flush=True)
    except Exception as error:
        print(json.dumps({"failed": repr(error)}), flush=True)
