"""Holds a server against scim2-tester. Arguments: the root of SCIM, the token."""

import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

# POST to .search is optional (RFC 7644, 3.4.3) and not offered.
NOT_OFFERED = {"search_with_attributes"}

root, token = sys.argv[1:]
http = Client(base_url=root, headers={"Authorization": f"Bearer {token}"}, timeout=30)
results = [result for result in check_server(SyncSCIMClient(http)) if result.title not in NOT_OFFERED]
good = (Status.SUCCESS, Status.SKIPPED)
for result in results:
    if result.status not in good:
        print(result.status.name, result.title, result.reason, result.data, sep=" | ")
print("succeeded", sum(result.status == Status.SUCCESS for result in results))
sys.exit(any(result.status not in good for result in results))
