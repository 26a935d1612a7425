"""The connection to one bucket: clients, credentials, threads. Imports boto3, inside functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import cache, cached_property, partial
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, TypeVar

from keepuntil.domain.stores import S3Store
from keepuntil.errors import StoreBusy, StoreError, StoreUnreachable
from keepuntil.stores.s3 import sentences, wire
from keepuntil.stores.s3.pace import MOST_IN_FLIGHT, Pace

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_s3.client import S3Client

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")

READ_ATTEMPTS: Final = 5
READ_TIMEOUT_SECONDS: Final = 60
DELETE_TIMEOUT_SECONDS: Final = 180
"""A thousand keys take a small gateway seconds, a busy one minutes."""
CONNECT_TIMEOUT_SECONDS: Final = 10

_OPENING: Final = Lock()


class Refused(NamedTuple):
    """The server understood a request and said no."""

    code: str
    error: StoreError
    """The sentence for it, to be raised by whoever cannot live with the refusal."""


DAMAGED_ANSWERS = 2
"""How often in a row an answer may be unreadable before we stop asking."""


class Connection:
    """What one bucket is reached by. Threads may share it.

    Raises StoreUnreachable when the credentials are not of the form ``KEY:SECRET``.
    """

    def __init__(self, store: S3Store, credentials: str | None) -> None:
        self.store = store
        self.bucket = store.bucket
        self.pace = Pace()
        self._key, self._secret = _parted(store, credentials)
        self._opened: tuple[S3Client, S3Client] | None = None

    @property
    def client(self) -> S3Client:
        """For reading: patient by itself."""
        return self._clients[0]

    @property
    def deleting_client(self) -> S3Client:
        """Gives every answer at once: the attempts are counted, and seen, by our own loop."""
        return self._clients[1]

    def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call the server; its refusals become sentences of ours, without key or secret.

        An answer that was cut off on its way is asked for again: botocore retries a lost
        connection by itself, but not a whole answer with half of its XML.
        Raises StoreUnreachable, StoreBusy, StoreMismatch, StoreError.
        """
        for _ in range(DAMAGED_ANSWERS):
            try:
                answer = self.attempt(call, *args, **kwargs)
                break
            except sentences.UnreadableAnswerError:
                continue
        else:
            answer = self.attempt(call, *args, **kwargs)
        if isinstance(answer, Refused):
            raise answer.error
        return answer

    def attempt(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Refused:
        """Call the server where a refusal is an answer too. Raises StoreBusy, StoreUnreachable."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            return call(*args, **kwargs)
        # `from None`: the messages of botocore may hold addresses, and so object keys.
        except ClientError as error:
            refused = sentences.refusal(self.store, error)
            if isinstance(refused, StoreBusy):
                raise refused from None
            return Refused(sentences.code_of(error), refused)
        except BotoCoreError as error:
            raise sentences.failure(self.store, error) from None
        except ResponseParserError:
            raise sentences.unreadable(self.store) from None

    def spread(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Each item's result, in order; threads wait for the server together.

        After an error no further item is begun, and all have ended when it is raised.
        """
        futures = [self._threads.submit(work, item) for item in items]
        wait(futures, return_when=FIRST_EXCEPTION)
        begun = [future for future in futures if not future.cancel()]
        wait(begun)
        # An error comes before the results, or some future of the list would be a cancelled one.
        for future in begun:
            if (error := future.exception()) is not None:
                raise error
        return [future.result() for future in futures]

    def close(self) -> None:
        """Give back connections and threads."""
        for client in self._opened or ():
            client.close()
        self._opened = None
        threads = self.__dict__.pop("_threads", None)
        if threads is not None:
            threads.shutdown()

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(MOST_IN_FLIGHT, thread_name_prefix="s3")

    @property
    def _clients(self) -> tuple[S3Client, S3Client]:
        # Whichever thread comes first; making clients is not safe in two at once.
        with _OPENING:
            if (clients := self._opened) is None:
                clients = self._opened = self._open()
            return clients

    def _open(self) -> tuple[S3Client, S3Client]:
        reading = self._client(READ_ATTEMPTS, READ_TIMEOUT_SECONDS)
        deleting = self._client(1, DELETE_TIMEOUT_SECONDS)
        deleting.meta.events.register("before-call.s3.DeleteObjects", wire.add_content_md5)
        readable = partial(wire.make_readable, self.store)
        reading.meta.events.register("before-parse.s3.*", readable)
        return reading, deleting

    def _client(self, attempts: int, timeout: int) -> S3Client:
        from botocore.config import Config

        path_style = self.store.endpoint is not None
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=timeout,
            retries={"mode": "standard", "total_max_attempts": attempts},
            max_pool_connections=MOST_IN_FLIGHT,
            s3={"addressing_style": "path"} if path_style else {},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            user_agent_extra="keepuntil",
        )
        return self.ask(
            _session().client,
            "s3",
            endpoint_url=self.store.endpoint,
            # A server of one's own has no regions; the signature needs a word all the same.
            region_name=self.store.region or ("us-east-1" if path_style else None),
            aws_access_key_id=self._key,
            aws_secret_access_key=self._secret,
            config=config,
        )


@cache
def _session() -> Session:
    """One for the process: reading the model of S3 takes longer than many a batch."""
    import boto3
    import botocore.session

    session = botocore.session.Session()
    factory = session.get_component("response_parser_factory")
    factory.set_parser_defaults(timestamp_parser=wire.instant)
    return boto3.Session(botocore_session=session)


def _parted(store: S3Store, credentials: str | None) -> tuple[str | None, str | None]:
    if credentials is None:
        return None, None
    key, colon, secret = credentials.strip().partition(":")
    if not (key and colon and secret):
        raise StoreUnreachable(
            f"Store {store.name}: what its credentials reference holds is not of the form "
            "KEY:SECRET."
        )
    return key, secret
