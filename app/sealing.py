"""Keys and sealed fields: AES-256-GCM bound to the place a value is stored in."""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import ReferralServiceError

KEY_ID = 1
NONCE_BYTES = 12
_HEADER = bytes([KEY_ID])


class CannotUnseal(ReferralServiceError):
    """A sealed value does not open: another key, another row, or changed bytes."""

    code = "cannot_unseal"


@dataclass(frozen=True)
class Keys:
    """Every key of the service, derived from the root key by purpose (HKDF-SHA256, RFC 5869)."""

    root_key: bytes = field(repr=False)

    @classmethod
    def from_root(cls, root_key: bytes) -> "Keys":
        return cls(root_key)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose, for instance `audit`, `session` or `blind-index`."""
        return _derive(self.root_key, purpose)

    def seal(self, plain: str, *, table: str, column: str, row: str) -> bytes:
        """Encrypt text for one cell of one table: key id, nonce, ciphertext with its tag.

        Table, column, row and key id are authenticated, so a ciphertext moved to another cell
        does not open.
        """
        nonce = os.urandom(NONCE_BYTES)
        place = _place(table, column, row)
        return _HEADER + nonce + self._field_cipher().encrypt(nonce, plain.encode(), place)

    def open(self, sealed: bytes, *, table: str, column: str, row: str) -> str:
        """Decrypt what `seal` made for the same cell.

        Raises:
            CannotUnseal: wrong key, wrong place or changed bytes.
        """
        nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] != _HEADER:
            raise CannotUnseal("A stored field was sealed under a key this service does not hold.")
        try:
            plain = self._field_cipher().decrypt(nonce, ciphertext, _place(table, column, row))
        except (InvalidTag, ValueError) as error:
            raise CannotUnseal("A stored field does not open; it was moved or changed.") from error
        return plain.decode()

    def digest(self, purpose: str, content: bytes) -> str:
        """Keyed SHA-256 (hex) that says whether two contents are equal and nothing more."""
        return hmac.new(self.derive(purpose), content, hashlib.sha256).hexdigest()

    def content_digest(self, content: bytes) -> str:
        """Digest of a request's content, for exactly-once writes."""
        return self.digest("content", content)

    def _field_cipher(self) -> AESGCM:
        return AESGCM(self.derive(f"field/{KEY_ID}"))


def _place(table: str, column: str, row: str) -> bytes:
    return "\x1f".join((table, column, row, str(KEY_ID))).encode()


@lru_cache(maxsize=64)
def _derive(root_key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=b"lead-field-referral", info=purpose.encode()).derive(root_key)
