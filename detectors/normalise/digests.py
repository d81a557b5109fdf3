"""Checksummed and hexadecimal strings: wallet addresses and file hashes in canonical form."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache, reduce

from detectors.normalise.text import clean

_BITCOIN_58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE_58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# First character -> alphabet, and version byte -> coin. A leading 3 is Bitcoin although old
# Litecoin scripts look the same.
_BASE58 = {**dict.fromkeys("13LMDATX", _BITCOIN_58), "r": _RIPPLE_58}
_VERSIONS = {
    0x00: "btc",
    0x05: "btc",
    0x1E: "doge",
    0x30: "ltc",
    0x32: "ltc",
    0x41: "tron",
    0x4C: "dash",
}
_BECH32_COINS = {"bc": "btc", "ltc": "ltc"}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANT = 1
_BECH32M_CONSTANT = 0x2BC830A3
_CHECK_SYMBOLS = 6
_PROGRAM_LENGTHS = (20, 32)
_MAX_PROGRAM = 40
_MAX_VERSION = 16
_MAX_RAW = 256
_PAYLOAD_BYTES = 25
_ETH = re.compile(r"0[xX][0-9a-fA-F]{40}")
_BASE58_FORM = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,35}")
_BECH32_FORM = re.compile(r"(bc|ltc)1([02-9ac-hj-np-z]{11,87})")
_PREFIX = re.compile(
    r"(btc|eth|tron|ltc|doge|dash|xrp|bitcoin|ethereum|litecoin|dogecoin):", re.IGNORECASE
)
_LONG_NAMES = {"bitcoin": "btc", "ethereum": "eth", "litecoin": "ltc", "dogecoin": "doge"}
_HASH_KINDS = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
_HEX = re.compile(r"(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]+")
_HASH_PREFIX = re.compile(r"(?:md5|sha-?(?:1|256|384|512))[:=]")


def canonical_wallet(raw: str) -> str | None:
    """`coin:address` for Bitcoin, Litecoin, Dogecoin, Dash, Tron, XRP and Ethereum.

    Checksums are verified (base58check, bech32, bech32m) except for Ethereum: EIP-55 needs Keccak,
    which Python lacks, so any 40 hex digits after 0x are an address, in lower case. Coins
    without a checksum or with other ones (Solana, Monero, Cardano, TON) are not known.
    """
    text = clean(raw)
    prefix = _PREFIX.match(text)
    address = text[prefix.end() :].partition("?")[0] if prefix else text
    wallet = _wallet(address) if len(address) <= _MAX_RAW else None
    if wallet is None or prefix is None:
        return wallet
    named = prefix[1].lower()
    return wallet if wallet.startswith(_LONG_NAMES.get(named, named) + ":") else None


def canonical_hash(raw: str) -> str | None:
    """`md5:`, `sha1:`, `sha256:`, `sha384:` or `sha512:` and lower-case hex, told by length."""
    text = clean(raw).lower()
    prefix = _HASH_PREFIX.match(text)
    digits = text[prefix.end() :] if prefix else text
    kind = _HASH_KINDS.get(len(digits))
    if kind is None or not _HEX.fullmatch(digits):
        return None
    wrong = prefix is not None and prefix[0][:-1].replace("-", "") != kind
    return None if wrong else f"{kind}:{digits}"


@lru_cache(maxsize=16_384)
def _wallet(address: str) -> str | None:
    if _ETH.fullmatch(address):
        return f"eth:{address.lower()}"
    if address in {address.lower(), address.upper()}:
        segwit = _BECH32_FORM.fullmatch(address.lower())
        if segwit:
            return _segwit_wallet(address.lower(), segwit[1], segwit[2])
    alphabet = _BASE58.get(address[:1])
    if alphabet is None or not _BASE58_FORM.fullmatch(address):
        return None
    return _base58_wallet(address, alphabet)


def _base58_wallet(address: str, alphabet: str) -> str | None:
    number = reduce(lambda value, char: value * 58 + alphabet.index(char), address, 0)
    if number >= 1 << 8 * _PAYLOAD_BYTES:
        return None
    payload = number.to_bytes(_PAYLOAD_BYTES, "big")
    zeros = len(address) - len(address.lstrip(alphabet[0]))
    if zeros != len(payload) - len(payload.lstrip(b"\0")):
        return None
    digest = hashlib.sha256(hashlib.sha256(payload[:-4]).digest()).digest()
    if digest[:4] != payload[-4:]:
        return None
    if alphabet is _RIPPLE_58:
        return f"xrp:{address}" if payload[0] == 0 else None
    coin = _VERSIONS.get(payload[0])
    return f"{coin}:{address}" if coin else None


def _segwit_wallet(address: str, prefix: str, data: str) -> str | None:
    """BIP 173 for witness version 0, BIP 350 for the later ones."""
    symbols = [_BECH32.index(char) for char in data]
    expanded = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    version = symbols[0]
    wanted = _BECH32M_CONSTANT if version else _BECH32_CONSTANT
    if version > _MAX_VERSION or reduce(_polymod, expanded + symbols, 1) != wanted:
        return None
    bits = 5 * (len(symbols) - 1 - _CHECK_SYMBOLS)
    size = bits // 8
    fits = size in _PROGRAM_LENGTHS if version == 0 else 1 < size <= _MAX_PROGRAM
    return f"{_BECH32_COINS[prefix]}:{address}" if fits else None


def _polymod(checksum: int, symbol: int) -> int:
    top = checksum >> 25
    mixed = (checksum & 0x1FFFFFF) << 5 ^ symbol
    for bit, generator in enumerate(_GENERATOR):
        if top >> bit & 1:
            mixed ^= generator
    return mixed
