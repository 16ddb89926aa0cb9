"""People with their roles, tokens of programs, and tries to sign in."""

from datetime import datetime

from flask_security import RoleMixin, UserMixin
from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.roles import Role, roles_from
from app.db import Base, UtcDateTime

_ROLE_NAMES = ", ".join(f"'{role}'" for role in Role)


class User(Base, UserMixin):
    """A person who may sign in. Nobody is deleted: the audit record points here."""

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password: Mapped[str | None] = mapped_column(String(255))
    """Argon2id hash; None for somebody who cannot sign in with a password."""
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    """What sessions hold; a new value ends all of them."""
    created_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_at_utc: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Set after too many wrong passwords, until an administrator unlocks."""
    last_sign_in_at_utc: Mapped[datetime | None] = mapped_column(UtcDateTime)

    roles: Mapped[list["RoleGrant"]] = relationship(  # type: ignore[assignment]
        lazy="selectin", cascade="all, delete-orphan", order_by="RoleGrant.name"
    )

    @property
    def held(self) -> frozenset[Role]:
        """The roles this person holds."""
        return roles_from(grant.name for grant in self.roles)


class RoleGrant(Base, RoleMixin):
    """One role of one person."""

    __tablename__ = "role_grant"
    __table_args__ = (CheckConstraint(f"name IN ({_ROLE_NAMES})", name="name_known"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    granted_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)


class ApiToken(Base):
    """What lets a program act for a person. Only a hash of the token is kept."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("expires_at_utc > created_at_utc", name="expires_after_created"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    """The readable start of the token, by which it is found, listed and revoked."""
    token_sha256: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at_utc: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship(lazy="joined")


class SignInTry(Base):
    """A try to sign in that has not succeeded (yet), by a keyed digest of the address typed in.

    Addresses that no account has are counted alike, so that the work does not tell them apart.
    """

    __tablename__ = "sign_in_try"
    __table_args__ = (Index("ix_sign_in_try_address", "address_digest", "tried_at_utc"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address_digest: Mapped[str] = mapped_column(String(64))
    tried_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
