# SPDX-License-Identifier: Apache-2.0
"""Which URLs and addresses may be sent to: nothing of our own network, in whatever spelling."""

from ipaddress import IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blazar_spot.adapters.destinations import LONGEST_URL, Rules, Target, is_public
from blazar_spot.core.errors import BadUrl

ANYTHING = Rules(allow_http=True, ports=frozenset())

EVIL = [
    # addresses of our own
    "https://127.0.0.1/",
    "https://127.255.255.254/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://198.18.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[fec0::1]/",
    "https://[2001:db8::1]/",
    # an IPv4 address inside an IPv6 one
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[0:0:0:0:0:ffff:7f00:1]/",
    "https://[5f00::7f00:1]/",
    "https://[64:ff9b::169.254.169.254]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    # numbers that some resolvers take for addresses
    "https://2130706433/",
    "https://134744072/",
    "https://0x7f000001/",
    "https://0x7f.0.0.0x1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.1/",
    "https://127.0.0.01/",
    "https://192.168.257/",
    "https://0300.0250.0.1/",
    "https://0/",
    "https://8.8.8/",
    "https://1.2.3.4.5/",
    "https://256.256.256.256/",
    "https://host.0x/",
    # other spellings
    "https://receiver.example.",
    "https://169.254.169.254./",
    "https://localhost./",
    "https://.example/",
    "https://a..example/",
    "https://-a.example/",
    "https://①②⑦.⓪.⓪.①/",
    "https://räksmörgås.example/",
    "https://%6c%6f%63alhost/",
    "https://127.0.0.1%00.example/",
    # who is the host?
    "https://user@receiver.example/",
    "https://user:secret@receiver.example/",
    "https://receiver.example@127.0.0.1/",
    "https://receiver.example\\@127.0.0.1/",
    "https://receiver.example#@127.0.0.1/",
    "https://127.0.0.1:443\\@receiver.example/",
    "https://127.0.0.1:443:80/",
    "https://receiver.example&@127.0.0.1/",
    "https://receiver.example%2f@127.0.0.1/",
    "https://receiver.example:443@127.0.0.1/",
    "https://[::1]receiver.example/",
    "https://[::1",
    "https://[receiver.example]/",
    "https://[v1.a]/",
    # not a URL of ours
    "",
    "receiver.example",
    "//receiver.example/",
    "https:///path",
    "https://",
    "https:receiver.example",
    "http://receiver.example/",
    "ftp://receiver.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:25/",
    "javascript:alert(1)",
    "unix:///run/docker.sock",
    # ports
    "https://receiver.example:22/",
    "https://receiver.example:0/",
    "https://receiver.example:5000/",
    "https://receiver.example:65536/",
    "https://receiver.example:-1/",
    "https://receiver.example:4 43/",
    "https://receiver.example:\uff14\uff14\uff13/",
    # what would be read as more than one line
    "https://receiver.example/\r\nHost: other",
    "https://receiver.example/ x",
    "https://receiver.example/\x00",
    "https://receiver.example/\u2028",
    "https://receiver.example/" + "a" * LONGEST_URL,
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
]

GOOD = [
    ("https://receiver.example", Target("https", "receiver.example", 443, "/")),
    ("HTTPS://Receiver.EXAMPLE/Hook?token=A%20b", Target("https", "receiver.example", 443, "/Hook?token=A%20b")),
    ("https://receiver.example:8443/a/../b", Target("https", "receiver.example", 8443, "/a/../b")),
    ("https://receiver.example:/", Target("https", "receiver.example", 443, "/")),
    ("https://xn--rksmrgs-5wao1o.example/", Target("https", "xn--rksmrgs-5wao1o.example", 443, "/")),
    ("https://8.8.8.8/", Target("https", "8.8.8.8", 443, "/")),
    ("https://[2606:4700::1111]/", Target("https", "2606:4700::1111", 443, "/")),
    ("https://my_host.2nd-level.example/", Target("https", "my_host.2nd-level.example", 443, "/")),
]


@pytest.mark.parametrize("url", EVIL)
def test_an_evil_url_is_refused_before_anybody_is_asked(url: str) -> None:
    with pytest.raises(BadUrl) as refusal:
        Rules().target(url)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(("url", "target"), GOOD)
def test_a_good_url_is_taken_apart(url: str, target: Target) -> None:
    assert Rules().target(url) == target


def test_the_operator_may_let_plain_http_and_other_ports_through() -> None:
    assert ANYTHING.target("http://receiver.example/") == Target("http", "receiver.example", 80, "/")
    assert ANYTHING.target("http://receiver.example:5000/").port == 5000


def test_the_operator_may_let_networks_through_and_deny_others() -> None:
    rules = Rules(allowed=(ip_network("10.1.0.0/16"),), denied=(ip_network("10.1.2.0/24"), ip_network("8.8.8.0/24")))
    assert rules.target("https://10.1.3.4/").host == "10.1.3.4"
    for url in ("https://10.1.2.3/", "https://10.2.0.1/", "https://8.8.8.8/", "https://[::ffff:10.1.3.4]/"):
        with pytest.raises(BadUrl):
            rules.target(url)


@given(st.ip_addresses())
def test_no_address_is_public_that_the_registries_do_not_call_global(address) -> None:  # type: ignore[no-untyped-def]
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize("inner", ["127.0.0.1", "8.8.8.8"])
def test_an_address_in_disguise_is_never_public(inner: str) -> None:
    number = int(ip_address(inner))
    for network, shift in (("::ffff:0:0", 0), ("::", 0), ("64:ff9b::", 0), ("2002::", 80), ("2001::", 0)):
        assert not is_public(IPv6Address(int(ip_address(network)) | number << shift))


@given(st.text(max_size=60))
def test_any_text_is_refused_or_understood(text: str) -> None:
    for url in (text, f"https://{text}", f"https://receiver.example{text}"):
        try:
            target = ANYTHING.target(url)
        except BadUrl:
            continue
        assert target.path.startswith("/")
        assert target.host
