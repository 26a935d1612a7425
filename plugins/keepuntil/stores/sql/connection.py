"""Connections, and the sessions in which statements run: reading ones cannot write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from keepuntil.errors import StoreError, StoreUnreachable
from keepuntil.stores.sql.columnar import by_column
from keepuntil.stores.sql.dialects import Dialect, MariaDb, MySql, Parameters, PostgreSql, Sqlite
from keepuntil.stores.sql.faults import sentence_of

LOCK_PATIENCE_SECONDS: Final = 5
"""How long one statement waits for a lock before the whole batch is tried again."""

CONNECT_PATIENCE_SECONDS: Final = 10

_DRIVERS: Final = {
    "sqlite": ("sqlite+pysqlite", ""),
    "postgresql": ("postgresql+psycopg", "postgres"),
    "postgres": ("postgresql+psycopg", "postgres"),
    "mysql": ("mysql+pymysql", "mysql"),
    "mariadb": ("mariadb+pymysql", "mysql"),
}

_BEGIN_READING: Final = {
    "sqlite": ("PRAGMA query_only=ON", "BEGIN"),
    "postgresql": ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
    "mysql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
}
_BEGIN_WRITING: Final = {
    "sqlite": ("PRAGMA query_only=OFF", "BEGIN IMMEDIATE"),
    "postgresql": ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",),
    # Under repeatable read MariaDB would lock the gaps between keys as well.
    "mysql": ("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "START TRANSACTION READ WRITE"),
}


Answer = TypeVar("Answer")


class Session:
    """One transaction. Driver errors leave it as sentences of ours."""

    def __init__(self, store: str, connection: Connection, dialect: Dialect) -> None:
        self.store = store
        self._connection = connection
        # The driver's own cursors: its tuples cost a third of SQLAlchemy's rows.
        self._raw: Any = connection.connection.dbapi_connection
        self._driver_error: type[Exception] = connection.dialect.loaded_dbapi.Error
        self.dialect = dialect

    def rows(self, sql: str, parameters: Parameters = ()) -> Sequence[Sequence[Any]]:
        """All rows of a statement; for results that are known to be bounded."""

        def fetched() -> Sequence[Sequence[Any]]:
            with closing(self._raw.cursor()) as cursor:
                cursor.execute(sql, parameters)
                answer: Sequence[Sequence[Any]] = cursor.fetchall()
                return answer

        return self._said(fetched)

    def named_rows(self, sql: str) -> list[dict[str, Any]]:
        """All rows of a statement by the names of their columns."""

        def fetched() -> list[dict[str, Any]]:
            with closing(self._raw.cursor()) as cursor:
                cursor.execute(sql)
                names = [column[0] for column in cursor.description or ()]
                return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        return self._said(fetched)

    def columns(self, sql: str, parameters: Parameters, width: int) -> list[Sequence[Any]]:
        """The result by columns, in one order of rows. ``width`` is their number."""
        if self.dialect.columnar:
            return self._arrays(sql, parameters, width)
        return by_column(self.rows(sql, parameters), width)

    def _arrays(self, sql: str, parameters: Parameters, width: int) -> list[Sequence[Any]]:
        names = [f"c{place}" for place in range(width)]
        arrays = ", ".join(f"array_agg({name})" for name in names)
        wrapped = f"WITH answer({', '.join(names)}) AS ({sql}) SELECT {arrays} FROM answer"
        (row,) = self.rows(wrapped, parameters)
        return [column or () for column in row]

    def changed(self, sql: str, parameters: Parameters = ()) -> int:
        """How many rows a DELETE deleted, as the database counted them."""

        def deleted() -> int:
            with closing(self._raw.cursor()) as cursor:
                cursor.execute(sql, parameters)
                return int(cursor.rowcount)

        return self._said(deleted)

    def stream(self, sql: str, size: int) -> Iterator[Sequence[Sequence[Any]]]:
        """Rows in pieces of at most ``size``; neither side holds the whole result."""
        cursor = self._said(lambda: self.dialect.streaming(self._raw))
        try:
            self._said(lambda: cursor.execute(sql, ()))
            while piece := self._said(lambda: cursor.fetchmany(size)):
                yield piece
        finally:
            self._said(cursor.close)

    def execute(self, sql: str) -> None:
        self._said(lambda: self._connection.exec_driver_sql(sql, ()))

    def commit(self) -> None:
        self._said(self._connection.commit)

    def start_over(self) -> None:
        """Leave a transaction that a failed statement has spoiled. Reading sessions only."""
        self._said(self._connection.rollback)
        for statement in _BEGIN_READING[_family(self.dialect)]:
            self.execute(statement)

    def types(self, sql: str) -> list[object]:
        """The driver's type codes of a statement's columns; the statement is run."""

        def asked() -> list[object]:
            with closing(self._raw.cursor()) as cursor:
                cursor.execute(sql, ())
                return [column[1] for column in cursor.description or ()]

        return self._said(asked)

    def named(self, schema: str | None, name: str) -> str:
        """A table or column, quoted, for use as a value."""
        mark = "`" if _family(self.dialect) == "mysql" else '"'
        parts = [part for part in (schema, name) if part is not None]
        return ".".join(f"{mark}{part.replace(mark, mark * 2)}{mark}" for part in parts)

    def quoted(self, schema: str | None, name: str) -> str:
        """A table or column, quoted, for use in a statement."""
        return self.dialect.verbatim(self.named(schema, name))

    @property
    def connection(self) -> Connection:
        """For SQLAlchemy's inspector; errors of the driver are the caller's to translate."""
        return self._connection

    def _said(self, work: Callable[[], Answer]) -> Answer:
        return in_our_words(self.store, work, self._driver_error)


def in_our_words(
    store: str, work: Callable[[], Answer], driver_error: type[Exception] = DBAPIError
) -> Answer:
    """What ``work`` gives; driver errors become sentences that carry nothing of the original."""
    try:
        return work()
    except (DBAPIError, UnicodeError, driver_error) as error:
        sentence = sentence_of(store, error)
    # Raised out here so that the driver's message does not travel along as the context.
    raise sentence


class Database:
    """The engine of one store. Safe to share between threads."""

    def __init__(self, store: str, url: str) -> None:
        self.store = store
        self._engine, self._file = _engine(store, url)
        self._dialect: Dialect | None = None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A read-only transaction that sees one state of the data throughout.

        Raises StoreUnreachable.
        """
        with self._session(_BEGIN_READING) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that destroys; rolled back unless it is committed inside."""
        with self._session(_BEGIN_WRITING) as session:
            yield session

    @contextmanager
    def _session(self, begin: dict[str, tuple[str, ...]]) -> Iterator[Session]:
        connection = self._connected()
        try:
            session = Session(self.store, connection, self._spoken(connection))
            for statement in begin[_family(session.dialect)]:
                session.execute(statement)
            yield session
        finally:
            in_our_words(self.store, connection.close)

    def _connected(self) -> Connection:
        if self._file is not None and not self._file.is_file():
            raise StoreUnreachable(
                f"The store {self.store} has no database file where its reference points."
            )
        return in_our_words(self.store, self._engine.connect)

    def _spoken(self, connection: Connection) -> Dialect:
        if self._dialect is None:
            self._dialect = _dialect_of(self.store, connection)
        return self._dialect

    def dialect(self) -> Dialect:
        """As far as the URL alone tells; MySQL and MariaDB differ only once connected."""
        return self._dialect or _BY_NAME[self._engine.dialect.name]()

    def close(self) -> None:
        self._engine.dispose()


_BY_NAME: Final[dict[str, Callable[[], Dialect]]] = {
    "sqlite": Sqlite,
    "postgresql": PostgreSql,
    "mysql": MySql,
    "mariadb": MariaDb,
}

_OLDEST: Final = {
    "sqlite": (3, 35),
    "postgresql": (13,),
    "mysql": (8, 0, 1),
    "mariadb": (10, 6),
}


def _dialect_of(store: str, connection: Connection) -> Dialect:
    spoken = connection.dialect
    name = spoken.name
    if name in ("mysql", "mariadb"):
        name = "mariadb" if getattr(spoken, "is_mariadb", False) else "mysql"
    version = tuple(p for p in spoken.server_version_info or () if isinstance(p, int))
    if version < _OLDEST[name]:
        oldest = ".".join(map(str, _OLDEST[name]))
        raise StoreError(
            f"The store {store} runs {name} {'.'.join(map(str, version))}; "
            f"rows are destroyed safely from {oldest} on."
        )
    return _BY_NAME[name]()


def _family(dialect: Dialect) -> str:
    return "mysql" if dialect.name == "mariadb" else dialect.name


def _engine(store: str, text: str) -> tuple[Engine, Path | None]:
    url, extra = driven(store, text)
    file = None
    options: dict[str, Any] = {}
    if url.get_backend_name() == "sqlite":
        url, file = _existing_file(store, url)
    else:
        options = {
            "connect_args": {"connect_timeout": CONNECT_PATIENCE_SECONDS},
            "pool_pre_ping": True,
        }
    try:
        engine = create_engine(url, hide_parameters=True, **options)
    except ImportError:
        raise StoreError(
            f"The driver for the store {store} is not installed: pip install 'keepuntil[{extra}]'"
        ) from None
    event.listen(engine, "connect", _prepare(engine))
    return engine, file


def driven(store: str, text: str) -> tuple[URL, str]:
    """The URL with the driver we know how to talk to. The text itself is a secret."""
    try:
        url = make_url(text)
        driver, extra = _DRIVERS[url.drivername.partition("+")[0]]
    except (ArgumentError, NoSuchModuleError, ValueError, KeyError):
        raise StoreError(
            f"The reference of the store {store} does not give a URL of a database Keepuntil "
            f"knows; write sqlite:///FILE, postgresql://… or mariadb://…"
        ) from None
    return url.set(drivername=driver), extra


def _existing_file(store: str, url: URL) -> tuple[URL, Path]:
    """SQLite would make a missing file, and a purge of nothing would look like success."""
    if not url.database or url.database == ":memory:":
        raise StoreError(f"The store {store} needs a database file: write sqlite:///FILE")
    file = Path(url.database)
    located = f"file:{quote(str(file))}"
    return url.set(database=located, query={"mode": "rw", "uri": "true"}), file


def _prepare(engine: Engine) -> Callable[[DBAPIConnection, object], None]:
    """What every new connection is told before anything else."""

    def prepare(connection: DBAPIConnection, _record: object) -> None:
        name = engine.dialect.name
        if name == "sqlite":
            # Transactions are begun by us, so that a writer takes its lock at once.
            connection.isolation_level = None
        cursor = connection.cursor()
        for statement in _statements_for(name, connection):
            cursor.execute(statement)
        cursor.close()
        if name != "sqlite":
            connection.commit()

    return prepare


def _statements_for(name: str, connection: DBAPIConnection) -> tuple[str, ...]:
    match name:
        case "sqlite":
            return (
                "PRAGMA foreign_keys=ON",
                f"PRAGMA busy_timeout={LOCK_PATIENCE_SECONDS * 1000}",
            )
        case "postgresql":
            return (*_FOR_POSTGRESQL, f"SET SESSION lock_timeout = '{LOCK_PATIENCE_SECONDS}s'")
    version: object = getattr(connection, "server_version", "")
    is_mariadb = "mariadb" in str(version).lower()
    return (
        *_FOR_MYSQL,
        *(_FOR_MARIADB if is_mariadb else ()),
        f"SET SESSION innodb_lock_wait_timeout = {LOCK_PATIENCE_SECONDS}",
    )


_FOR_POSTGRESQL: Final = (
    "SET SESSION TimeZone = 'UTC'",
    "SET SESSION DateStyle = 'ISO, YMD'",
    # A row level policy must be an error, never fewer rows.
    "SET SESSION row_security = off",
    # Planning for five thousand keys looks at each of them; the plan is always the same.
    "SET SESSION plan_cache_mode = force_generic_plan",
    "SET SESSION jit = off",
    "SET SESSION cursor_tuple_fraction = 1.0",
)
_FOR_MYSQL: Final = (
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION foreign_key_checks = 1",
    "SET SESSION sql_safe_updates = 0",
    "SET SESSION sql_select_limit = DEFAULT",
    "SET SESSION net_write_timeout = 600",
)
_FOR_MARIADB: Final = (
    # A long list of keys stays a list of ranges instead of becoming a table to join.
    "SET SESSION in_predicate_conversion_threshold = 0",
)
