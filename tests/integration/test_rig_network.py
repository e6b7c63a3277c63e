"""The network half of the rig itself: a proxy that does to a connection what it says, a cluster that knows who leads. No product."""

import contextlib
import socket
import threading
import time

import pytest

from support import kafka_client
from support.kafka_broker import KafkaBroker, KafkaCluster
from support.processes import wait_until
from support.tcp_proxy import TO_BROKER, TO_CLIENT, TcpProxy


@pytest.fixture
def echo():
    """The port of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection):
            with connection, contextlib.suppress(OSError):
                while data := connection.recv(65536):
                    connection.sendall(data)

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(echo):
    with TcpProxy(echo) as running:
        yield running


@pytest.fixture
def client(proxy):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        assert asked(connection, b"hello") > 0
        yield connection


def asked(connection, data, seconds=5.0):
    """Sends and takes the echo; how long that took."""
    connection.settimeout(seconds)
    begin = time.monotonic()
    connection.sendall(data)
    got = b""
    while len(got) < len(data):
        got += connection.recv(1 << 20)
    assert got == data
    return time.monotonic() - begin


def is_silent(connection, data):
    connection.settimeout(0.3)
    connection.sendall(data)
    try:
        return connection.recv(1) is None
    except socket.timeout:
        return True


def test_a_proxy_forwards_delays_slices_and_slows(proxy, client):
    large = bytes(range(256)) * 20_000
    assert asked(client, large) < 3
    proxy.delay(0.1)
    assert 0.2 <= asked(client, b"x" * 1000) < 0.5
    proxy.heal()
    proxy.slice(3)
    asked(client, b"y" * 300)
    assert proxy.counted.slices == 200
    proxy.heal()
    proxy.slow(10_000)
    assert 0.3 <= asked(client, b"z" * 5_000)  # both ways at once
    assert proxy.counted.slowed_bytes == 10_000 and proxy.counted.delayed_bytes == 2_000
    proxy.heal()
    assert asked(client, large) < 3


@pytest.mark.parametrize("directions", [(), (TO_BROKER,), (TO_CLIENT,)])
def test_what_a_cut_holds_arrives_after_it(proxy, client, directions):
    proxy.cut(*directions)
    assert is_silent(client, b"held")
    assert proxy.counted.held_bytes == 4
    proxy.heal()
    client.settimeout(5)
    assert client.recv(100) == b"held"


def test_a_cut_takes_no_connection_and_heals(proxy, client):
    proxy.cut()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as late:
        assert is_silent(late, b"anybody")
        proxy.heal()
        late.settimeout(5)
        assert late.recv(100) == b"anybody"


def test_a_cut_holds_no_more_than_it_says(proxy, client):
    """The sender is no longer read: what it cannot send is its own."""
    proxy.cut()
    client.setblocking(False)
    sent = 0
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            sent += client.send(bytes(1 << 20))
        except BlockingIOError:
            time.sleep(0.05)
    assert sent < 32 << 20  # with both sockets' own buffers


def test_a_reset_is_an_rst_and_the_next_connection_works(proxy, client):
    assert proxy.reset() == 1 and proxy.counted.resets == 1
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as next_one:
        asked(next_one, b"again")


def test_an_end_of_one_side_reaches_the_other_behind_all_that_was_sent(proxy):
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        proxy.delay(0.1)
        connection.sendall(b"the last words")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) in (b"the last words", b"")  # the echo races with the end
        assert connection.recv(100) == b""


def test_clients_of_a_proxied_broker_pass_the_proxy_and_others_do_not():
    with KafkaBroker(proxied=True) as broker:
        kafka_client.create_topic(broker.bootstrap, "proxied", 1)
        kafka_client.produce_ndjson(broker.bootstrap, "proxied", [(0, None, b"direct", None)])
        assert broker.proxy.counted.connections == 0
        assert [r.value for r in kafka_client.consume_all(broker.proxied_bootstrap, "proxied")] == [b"direct"]
        assert broker.proxy.counted.connections >= 2  # the first address, and the one that the broker advertises
        broker.proxy.cut()
        assert not kafka_client.is_ready(broker.proxied_bootstrap) and kafka_client.is_ready(broker.bootstrap)


def test_a_cluster_replicates_and_knows_who_leads():
    with KafkaCluster(3) as cluster:
        kafka_client.create_topic(cluster.bootstrap, "led", 3, {"min.insync.replicas": "2"}, replicas=3)
        leader, epoch = cluster.leader("led"), cluster.controller_epoch()
        kafka_client.produce_ndjson(cluster.bootstrap, "led", [(0, None, b"kept", None)])
        leader.kill()
        wait_until(lambda: kafka_client.leaders(cluster.bootstrap, "led")[0] not in (-1, leader.node), 30, "another leader")
        assert [r.value for r in kafka_client.consume_all(cluster.bootstrap, "led")] == [b"kept"]
        assert not kafka_client.is_whole(cluster.bootstrap, "led")
        cluster.start()
        cluster.wait_whole("led")
        controller = cluster.controller()
        controller.stop()
        wait_until(lambda: cluster.controller_epoch() > epoch and cluster.controller() is not controller, 30, "another controller")
