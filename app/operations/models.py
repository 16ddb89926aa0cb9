"""What the service notes about itself."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, UtcDateTime


class WriteProbe(Base):
    """The one row that shows whether the database takes a write."""

    __tablename__ = "write_probe"

    id: Mapped[int] = mapped_column(primary_key=True)
    written_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)


class SyntheticLoad(Base):
    """Synthetic data that were put into a demonstration, in the transaction that put them there."""

    __tablename__ = "synthetic_load"

    name: Mapped[str] = mapped_column(primary_key=True)
    """`referrals` or `incidents`."""
    row_count: Mapped[int]
    seed: Mapped[int]
    loaded_at_utc: Mapped[datetime] = mapped_column(UtcDateTime)
