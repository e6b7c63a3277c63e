"""A TCP proxy that spoils the connection between two programs on request, and counts what it did.

It stands between the daemon and one broker. Kafka clients follow the addresses that brokers advertise, so the broker has
to advertise the proxy's (KafkaBroker(proxied=True)).

    with TcpProxy(port_of_the_broker) as proxy:
        proxy.delay(0.2); proxy.slice(1); proxy.slow(50_000); proxy.reset(); proxy.cut(); proxy.heal()

All runs on one thread of its own, which ends with the context. What it holds is bounded: CHUNKS_MAX chunks a direction of
each connection; behind that the sender is no longer read, as behind a full link. A cut is that of a wire, not of a process:
connections stay and nothing is answered; new ones are taken by the kernel and by nobody else. What was under way when it
began arrives after it, as TCP would send it again.
"""

import asyncio
import dataclasses
import socket
import struct
import threading
import time
from typing import Callable, Set, Tuple, TypeVar

CHUNK_BYTES = 64 << 10
CHUNKS_MAX = 16
SLOW_STEPS_A_SECOND = 20

TO_BROKER, TO_CLIENT = "to_broker", "to_client"
BOTH = (TO_BROKER, TO_CLIENT)

_RST_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for no time at all

T = TypeVar("T")


@dataclasses.dataclass
class Counted:
    """Since the proxy began."""

    connections: int = 0
    resets: int = 0  # connections that were ended by an RST
    held_bytes: int = 0  # met a cut
    delayed_bytes: int = 0
    slowed_bytes: int = 0
    slices: int = 0  # pieces that a chunk was cut into
    forwarded_bytes: int = 0


class TcpProxy:
    """Listens on a loopback port of its own (`port`) and forwards to `target_port`."""

    def __init__(self, target_port: int):
        self.counted = Counted()
        self._target = ("127.0.0.1", target_port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._delay_seconds = 0.0
        self._slice_bytes = 0
        self._bytes_a_second = 0.0
        self._pairs: Set[asyncio.Task] = set()
        self._loop = asyncio.new_event_loop()
        self._open = {direction: asyncio.Event() for direction in BOTH}
        for gate in self._open.values():
            gate.set()
        self._thread = threading.Thread(target=self._run, name=f"proxy {self.port}", daemon=True)
        self._thread.start()

    def __enter__(self) -> "TcpProxy":
        return self

    def __exit__(self, *exc_info) -> None:
        self.close()

    # ---- the faults: each stays until heal()
    def delay(self, seconds: float) -> None:
        """Everything arrives that much later, in each direction."""
        self._ask(lambda: setattr(self, "_delay_seconds", seconds))

    def slice(self, size: int) -> None:
        """Everything is sent in pieces of so many bytes."""
        self._ask(lambda: setattr(self, "_slice_bytes", size))

    def slow(self, bytes_a_second: float) -> None:
        """Each direction of each connection carries no more."""
        self._ask(lambda: setattr(self, "_bytes_a_second", bytes_a_second))

    def cut(self, *directions: str) -> None:
        """Nothing passes in these directions (none named: in both)."""
        self._ask(lambda: [self._open[direction].clear() for direction in directions or BOTH])

    def heal(self) -> None:
        """As if nothing had ever been wrong; what was held goes on its way."""

        def heal() -> None:
            self._delay_seconds, self._slice_bytes, self._bytes_a_second = 0.0, 0, 0.0
            for gate in self._open.values():
                gate.set()

        self._ask(heal)

    def reset(self) -> int:
        """Ends every connection there is by an RST to both sides; returns how many."""

        def reset() -> int:
            for pair in self._pairs:
                pair.cancel()
            self.counted.resets += len(self._pairs)
            return len(self._pairs)

        return self._ask(reset)

    def close(self) -> None:
        """Ends every connection and the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            assert not self._thread.is_alive(), "the proxy does not end"

    # ---- the thread
    def _ask(self, what: Callable[[], T]) -> T:
        """Does it on the proxy's thread and returns when it is done."""

        async def done() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        accepting = self._loop.create_task(self._accept())
        try:
            self._loop.run_forever()
        finally:
            tasks = [accepting, *self._pairs]
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._listener.close()
            self._loop.close()

    async def _accept(self) -> None:
        while True:
            await self._open[TO_BROKER].wait()
            client, _ = await self._loop.sock_accept(self._listener)
            pair = self._loop.create_task(self._serve(client))
            self._pairs.add(pair)
            pair.add_done_callback(self._pairs.discard)

    async def _serve(self, client: socket.socket) -> None:
        """One connection, until one side ends it or reset() cancels this."""
        broker = socket.socket()
        halves = []
        try:
            for side in (client, broker):
                side.setblocking(False)
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self._loop.sock_connect(broker, self._target)
            self.counted.connections += 1
            for direction, source, sink in ((TO_BROKER, client, broker), (TO_CLIENT, broker, client)):
                way: "asyncio.Queue[Tuple[float, bytes]]" = asyncio.Queue(CHUNKS_MAX)
                halves.append(self._loop.create_task(self._read(source, way)))
                halves.append(self._loop.create_task(self._write(direction, way, sink)))
            await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # the broker is away: the client's connection is closed, as it would be
        except asyncio.CancelledError:
            for side in (client, broker):
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        finally:
            for half in halves:
                half.cancel()
            await asyncio.gather(*halves, return_exceptions=True)
            client.close()
            broker.close()

    async def _read(self, source: socket.socket, way: "asyncio.Queue[Tuple[float, bytes]]") -> None:
        while True:
            try:
                data = await self._loop.sock_recv(source, CHUNK_BYTES)
            except OSError:
                data = b""
            await way.put((time.monotonic() + self._delay_seconds, data))
            if not data:
                await asyncio.Event().wait()  # the other half ends the connection once all of it is sent

    async def _write(self, direction: str, way: "asyncio.Queue[Tuple[float, bytes]]", sink: socket.socket) -> None:
        while True:
            due, data = await way.get()
            wait = due - time.monotonic()
            if wait > 0:
                self.counted.delayed_bytes += len(data)
                await asyncio.sleep(wait)
            if not self._open[direction].is_set():
                self.counted.held_bytes += len(data)
                await self._open[direction].wait()
            if not data:
                return
            await self._send(sink, data)

    async def _send(self, sink: socket.socket, data: bytes) -> None:
        sent = 0
        while sent < len(data):
            slice_bytes, rate = self._slice_bytes, self._bytes_a_second
            step = len(data) - sent
            if rate:
                step = min(step, max(1, int(rate / SLOW_STEPS_A_SECOND)))
            if slice_bytes:
                step = min(step, slice_bytes)
            self.counted.slices += slice_bytes > 0
            self.counted.slowed_bytes += step if rate else 0
            await self._loop.sock_sendall(sink, data[sent : sent + step])
            sent += step
            self.counted.forwarded_bytes += step
            if slice_bytes:
                await asyncio.sleep(0)  # the others' turn
            if rate:
                await asyncio.sleep(step / rate)
