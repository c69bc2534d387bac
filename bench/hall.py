# SPDX-License-Identifier: Apache-2.0
"""Receivers of webhooks in a process of their own: some take what they are told, some never answer.

``python -m bench.hall 40 10`` writes the ports as one line of JSON, those that take first, and when its input ends the
instant of the first byte of each message that was heard: a message's id to seconds.
"""

import asyncio
import contextlib
import json
import re
import sys
import time

ID = re.compile(rb"webhook-id: ([^\r]+)\r\n", re.IGNORECASE)
LENGTH = re.compile(rb"content-length: (\d+)\r\n", re.IGNORECASE)
CHALLENGE = re.compile(rb'"data": (\{"challenge": "[^"]+"\})')


class Hall:
    """All receivers."""

    def __init__(self) -> None:
        self.heard: dict[str, float] = {}

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hear one message and answer it."""
        head = await reader.readexactly(1)
        first_byte = time.time()
        head += await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(LENGTH.findall(head)[0]))
        self.heard.setdefault(ID.findall(head)[0].decode(), first_byte)
        answer = (CHALLENGE.findall(body) or [b"{}"])[0]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
        writer.close()

    async def hang(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer challenges, and hear everything else without a word."""
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(LENGTH.findall(head)[0]))
        if found := CHALLENGE.findall(body):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(found[0]) + found[0])
        else:
            with contextlib.suppress(asyncio.CancelledError):  # the end of the bench
                await reader.read()
        writer.close()


async def main(takers: int, hangers: int) -> None:
    hall = Hall()
    manners = [hall.take] * takers + [hall.hang] * hangers
    servers = [await asyncio.start_server(manner, "127.0.0.1", 0) for manner in manners]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(hall.heard), flush=True)
    for server in servers:
        server.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
