"""Sends the rounds of calls on standard input with a client that was installed as it is, and prints what it says of each call."""

import importlib
import json
import logging
import sys
import time

workload = json.load(sys.stdin)
# It logs each error, which is passed on here too.
logging.disable(logging.CRITICAL)
given_up = []
errors = []


def on_error(error, batch):
    errors.append(str(error))
    given_up.extend(message["messageId"] for message in batch)


# Their own defaults, but for what they have to be given.
Client = importlib.import_module(workload["module"]).Client
client = Client(workload["writeKey"], host=workload["host"], on_error=on_error)

NAMES = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "groupId": "group_id",
}
sent = []
for calls in workload["rounds"]:
    for call in calls:
        arguments = {NAMES.get(name, name): value for name, value in call.items() if name not in ("type", "n")}
        is_queued, message = getattr(client, call["type"])(**arguments)
        sent.append(message["messageId"] if is_queued else None)
    time.sleep(workload["pauseMs"] / 1000)
client.flush()
delivered = [message is not None and message not in given_up for message in sent]
print(json.dumps({"delivered": delivered, "errors": errors}))
