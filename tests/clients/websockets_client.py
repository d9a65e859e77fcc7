"""A client of the echo object that uses the package `websockets`: says what came, a line each.

Usage: websockets_client.py URL IDLE_SECONDS PATIENCE_SECONDS

Connects, sends what the report's client sends, waits until the object must have left memory, and
sends the same again. Each line is one exchange as JSON: phase, what was sent, what came of it (or
null for none in time), and the instance that answered.
"""

import asyncio
import json
import sys

import websockets

REQUESTS = (
    {"type": "ping", "id": 1},
    {"type": "heartbeat", "id": 2},
    {"type": "message", "id": 3, "content": "hello"},
)


def tell(phase, sent, came):
    came = came or {}
    line = {
        "phase": phase,
        "sent": sent,
        "came": came.get("type"),
        "id": came.get("id"),
        "content": came.get("content"),
        "instance": came.get("instance"),
    }
    print(json.dumps(line), flush=True)


async def receive(connection, patience):
    try:
        return json.loads(await asyncio.wait_for(connection.recv(), patience))
    except asyncio.TimeoutError:
        return None


async def main(url, idle, patience):
    # Without pings of its own: the object is to be left alone while it sleeps.
    async with websockets.connect(url, ping_interval=None) as connection:
        tell("welcome", None, await receive(connection, 10))
        for phase in ("awake", "after idle"):
            for request in REQUESTS:
                await connection.send(json.dumps(request))
                tell(phase, request["type"], await receive(connection, patience))
            if phase == "awake":
                await asyncio.sleep(idle)
    print(json.dumps({"phase": "closed", "code": connection.close_code}), flush=True)


asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
