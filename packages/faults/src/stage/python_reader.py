"""Reads a channel with python-socketio, which knows nothing of Carillon, and comes back whenever it is cut off.

Prints what it hears, one JSON object a line: {"event": ..., "data": ...}; ends when its standard input does.

Usage: python_reader.py URL USER_ID CHANNEL
"""

import asyncio
import json
import sys

import socketio

EVENTS = ("channel-joined", "notification-received", "error-message")
REQUEST_S = 1


def tell(event, data=None):
    print(json.dumps({"event": event, "data": data}, ensure_ascii=False), flush=True)


async def main(url, user_id, channel):
    client = socketio.AsyncClient(
        reconnection_delay=0.02, reconnection_delay_max=0.1, randomization_factor=0, request_timeout=REQUEST_S
    )

    async def on_connect():
        tell("connect")
        await client.emit("join-channel", channel)

    def listener(event):
        return lambda data=None: tell(event, data)

    client.on("connect", on_connect)
    client.on("disconnect", lambda: tell("disconnect"))
    for event in EVENTS:
        client.on(event, listener(event))
    auth = {"user_id": user_id, "username": "Guido"}
    await client.connect(url, auth=auth, transports=["websocket"], socketio_path="socket.io")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main(*sys.argv[1:]))
