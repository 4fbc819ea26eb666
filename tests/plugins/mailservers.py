"""Real mail servers on loopback that keep what they are given, and break where a test wants them to."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "ana", "s3cret"


@dataclass
class Plan:
    """What the server does at each step: nothing special, hang up ("drop"), or answer so ("452 later").

    Steps: connect, EHLO, MAIL, RCPT, DATA (before 354), during (in the midst of the text), reply (after it).
    """

    steps: dict[str, str] = field(default_factory=dict)
    mails: list[Envelope] = field(default_factory=list)
    calls: int = 0
    """How many connections were made."""


class Scripted(SMTP):
    """A server that follows its plan."""

    plan: Plan

    def connection_made(self, transport: Any) -> None:
        self.plan.calls += 1
        if self.plan.steps.get("connect") == "drop":
            _abort(transport)
        super().connection_made(transport)

    async def _planned(self, step: str, usual: Callable[[Any], Any], argument: Any) -> None:
        answer = self.plan.steps.get(step)
        if answer is None:
            await usual(argument)
        elif answer == "drop":
            _abort(self.transport)
        else:
            await self.push(answer)

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._planned("EHLO", super().smtp_EHLO, hostname)

    async def smtp_HELO(self, hostname: str) -> None:
        await self._planned("EHLO", super().smtp_HELO, hostname)

    async def smtp_MAIL(self, arg: str) -> None:
        await self._planned("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str) -> None:
        await self._planned("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:
        if "during" not in self.plan.steps:
            return await self._planned("DATA", super().smtp_DATA, arg)
        await self.push("354 go on")
        await self._reader.read(64)
        _abort(self.transport)
        return None


def _abort(transport: Any) -> None:
    transport.abort()


class Keeper:
    """Keeps every mail it is given; at the step `reply` it keeps the mail and says nothing."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.plan.steps.get("reply", "250 kept")
        if answer in {"250 kept", "drop"}:
            self.plan.mails.append(envelope)
        if answer == "drop":
            _abort(server.transport)
        return "250 kept" if answer == "drop" else answer


def _check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@dataclass(frozen=True)
class MailServer:
    """A server on loopback: where it is, its plan, and what it was given."""

    port: int
    plan: Plan

    @property
    def mails(self) -> list[Envelope]:
        """The mails it has kept, in order."""
        return self.plan.mails


Serve = Callable[..., MailServer]


@pytest.fixture
def mail_server(certificate: Path) -> Iterator[Serve]:
    """A maker of mail servers: `mail_server(RCPT="550 no")`, `mail_server(security="tls", login=True)`."""
    with ExitStack() as open_servers:

        def serve(*, security: str = "none", login: bool = False, **steps: str) -> MailServer:
            plan = Plan(steps=steps)
            factory = type("Server", (Scripted,), {"plan": plan})
            options: dict[str, Any] = {"hostname": "mail.test"}
            if login:
                options |= {"authenticator": _check, "auth_required": True, "auth_require_tls": security == "starttls"}
            context = _server_context(certificate) if security != "none" else None
            if security == "starttls":
                options["tls_context"] = context
            sealed = context if security == "tls" else None
            port = open_servers.enter_context(_running(lambda: _quiet(factory, plan, options), sealed))
            return MailServer(port=port, plan=plan)

        yield serve


def _quiet(factory: type[Scripted], plan: Plan, options: dict[str, Any]) -> SMTP:
    with warnings.catch_warnings():
        # It warns of passwords over a line that it does not know to be sealed from the start.
        warnings.simplefilter("ignore")
        return factory(Keeper(plan), **options)


@contextmanager
def _running(make: Callable[[], SMTP], context: ssl.SSLContext | None) -> Iterator[int]:
    """A server in a thread of its own; gives its port."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(loop.create_server(make, "127.0.0.1", 0, ssl=context), loop).result(5)
    yield server.sockets[0].getsockname()[1]
    asyncio.run_coroutine_threadsafe(_ended(server), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


async def _ended(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the name `localhost`, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
