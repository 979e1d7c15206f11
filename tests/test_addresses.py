"""The table of special addresses: its form, and the quick test that decides whether it is looked at."""

from __future__ import annotations

import ipaddress

import pytest

from zonelint import catalogue
from zonelint.checks import RULES
from zonelint.checks.addresses import STARTS_4, STARTS_6, _names, range_of

ROWS = catalogue.table("special-addresses")["ranges"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["block"])
def test_each_row_is_a_network_and_the_quick_test_knows_it(row: dict[str, str]) -> None:
    network = ipaddress.ip_network(row["block"])
    starts = STARTS_4 if network.version == 4 else STARTS_6
    assert network[0].packed[:2] in starts
    assert network[-1].packed[:2] in starts
    middle = network[network.num_addresses // 2]
    assert middle.packed[:2] in starts
    assert row["rule"] is None or row["rule"] in RULES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["block"])
def test_the_first_and_the_last_address_fall_under_their_row(row: dict[str, str]) -> None:
    network = ipaddress.ip_network(row["block"])
    narrower = [other["block"] for other in ROWS if other is not row and _lies_in(other["block"], network)]
    for address in (network[0], network[-1]):
        found = range_of(address.packed)
        assert found is not None
        assert found.block in (row["block"], *narrower)


def test_the_narrowest_row_wins() -> None:
    found = range_of(ipaddress.ip_address("255.255.255.255").packed)
    assert found is not None
    assert found.block == "255.255.255.255/32"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["block"])
def test_the_neighbours_of_a_block_are_not_in_it(row: dict[str, str]) -> None:
    network = ipaddress.ip_network(row["block"])
    for number in (int(network[0]) - 1, int(network[-1]) + 1):
        if 0 <= number < 1 << network.max_prefixlen:
            found = range_of(number.to_bytes(network.max_prefixlen // 8, "big"))
            assert found is None or found.block != row["block"]


def test_special_names_are_read() -> None:
    documentation, local = _names("documentation"), _names("local")
    assert len(documentation) + len(local) == len(catalogue.table("special-names")["names"])
    assert b"org\0example\0" in documentation
    assert b"arpa\0home\0" in local


def _lies_in(block: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    other = ipaddress.ip_network(block)
    return other.version == network.version and other.network_address in network
