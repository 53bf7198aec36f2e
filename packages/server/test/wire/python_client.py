"""Plays the dialogue of the protocol page with python-socketio, which knows nothing of Carillon.

Prints what it hears, one JSON object a line: {"event": ..., "data": ...} or {"ack": ..., "data": ...}.
Prints {"step": "away"} while it is gone and waits for a line on its standard input before it comes back.

Usage: python_client.py URL websocket|polling USER_ID
"""

import asyncio
import json
import sys

import socketio

EVENTS = (
    "connection-confirmed",
    "notification-received",
    "notification-sent",
    "channel-joined",
    "channel-left",
    "channels-list",
    "server-stats",
    "error-message",
)
LIMIT_S = 10


def tell(**line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


class Page:
    """One connection, and everything that it hears in order."""

    def __init__(self):
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard = asyncio.Queue()
        for event in EVENTS:
            self.client.on(event, self.listener(event))

    def listener(self, event):
        async def on_event(*args):
            data = args[0] if args else None
            tell(event=event, data=data)
            await self.heard.put((event, data))

        return on_event

    async def wait(self, event, matches=lambda data: True):
        while True:
            name, data = await asyncio.wait_for(self.heard.get(), LIMIT_S)
            if name == event and matches(data):
                return data

    async def connect(self, url, transport, auth):
        await self.client.connect(url, auth=auth, transports=[transport], socketio_path="socket.io")
        confirmed = await self.wait("connection-confirmed")
        assert confirmed["socketId"] == self.client.get_sid("/"), "the confirmed id is the socket's own"

    async def emit(self, event, *args):
        await self.client.emit(event, args[0] if args else None)


async def dialogue(page, first_title):
    await page.emit("join-channel", "devops")
    await page.wait("channel-joined")
    await page.emit("get-stats")
    await page.wait("server-stats", lambda stats: stats["activeChannels"] == 1)
    await page.emit("get-channels")
    await page.wait("channels-list")
    await page.emit(
        "send-notification",
        {
            "channel": "devops",
            "type": "warning",
            "title": first_title,
            "message": "CPU à 90 % sur prod-01",
            "data": {"host": "prod-01", "metric": "cpu", "value": 90},
        },
    )
    await page.wait("notification-sent")
    await page.wait("notification-received", lambda data: data["title"] == "Réponse")
    await page.emit("send-notification", {"title": "À tous", "message": "Bonjour"})
    await page.wait("notification-received", lambda data: data["channel"] is None)
    await page.emit("send-notification", {"channel": "devops", "title": " "})
    await page.wait("error-message")
    tell(ack="send-notification", data=await page.client.call("send-notification", {"title": "seul"}))


async def main(url, transport, user_id):
    auth = {"user_id": user_id, "username": "Guido"}
    page = Page()
    await page.connect(url, transport, auth)
    await dialogue(page, "Alerte CPU")
    await page.client.disconnect()

    tell(step="away")
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

    page = Page()
    await page.connect(url, transport, auth)
    await page.emit("join-channel", "devops")
    joined = await page.wait("channel-joined")
    for _ in range(joined["pendingCount"]):
        await page.wait("notification-received", lambda data: data["channel"] == "devops")
    await page.emit("leave-channel", "devops")
    await page.wait("channel-left")
    await page.client.disconnect()


asyncio.run(main(*sys.argv[1:]))
