"""A small S3-compatible store on loopback, which checks every signature.

It knows what an archive needs: PUT, GET, DELETE, uploads in parts, and lists in pages.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

import asyncio
import hashlib
import hmac
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from aiohttp import web

KEY_ID = "archive-key-id"
SECRET = "archive-secret"
SMALLEST_PART = 5 * 1024 * 1024


@dataclass
class Stored:
    body: bytes
    headers: dict
    modified_at: datetime


class BucketServer:
    """``objects`` is what lies in the bucket. ``refuse(request)`` may answer in its place."""

    def __init__(self):
        self.objects = {}
        self.uploads = {}
        self.requests = []
        self.page = 1000
        self.largest_body = 0
        self.refuse = None
        self.now = datetime(2026, 3, 1, tzinfo=UTC)
        self.url = ""
        self.bucket = "clips"

    def archive_url(self, prefix="", **options):
        query = "&".join(f"{k}={v}" for k, v in ({"endpoint": self.url} | options).items())
        return f"s3://{self.bucket}{prefix}?{query}"

    async def answer(self, request):
        body = await request.read()
        self.largest_body = max(self.largest_body, len(body))
        self.requests.append(f"{request.method} {request.raw_path}")
        if self.refuse is not None and (refusal := await self.refuse(request)) is not None:
            return refusal
        if not _is_signed(request, body):
            return _error(403, "SignatureDoesNotMatch")
        _, bucket, *rest = request.path.split("/", 2)
        if bucket != self.bucket:
            return _error(404, "NoSuchBucket")
        key = rest[0] if rest else ""
        query = request.query
        match request.method:
            case "GET" if not key:
                return self._list(query.get("prefix", ""), query.get("continuation-token", ""))
            case "PUT" if "uploadId" in query:
                return self._put_part(query, body)
            case "PUT":
                return self._put(key, body, request.headers)
            case "POST" if "uploads" in query:
                upload_id = f"upload-{len(self.requests)}"
                self.uploads[upload_id] = (request.headers, {})
                return _xml("InitiateMultipartUploadResult", f"<UploadId>{upload_id}</UploadId>")
            case "POST" if "uploadId" in query:
                headers, parts = self.uploads.pop(query["uploadId"])
                *before, _ = (parts[number] for number in sorted(parts))
                if any(len(part) < SMALLEST_PART for part in before):
                    return _error(400, "EntityTooSmall")
                whole = b"".join(parts[number] for number in sorted(parts))
                self._put(key, whole, headers)
                return _xml("CompleteMultipartUploadResult", '<ETag>"whole"</ETag>')
            case "DELETE" if "uploadId" in query:
                self.uploads.pop(query["uploadId"], None)
                return web.Response(status=204)
            case "DELETE":
                self.objects.pop(key, None)
                return web.Response(status=204)
            case _:
                return _error(501, "NotImplemented")

    def _put(self, key, body, headers):
        kept = {
            name: headers[name] for name in ("Content-Type", "Cache-Control") if name in headers
        }
        self.objects[key] = Stored(body, kept, self.now)
        return web.Response(headers={"ETag": '"etag"'})

    def _put_part(self, query, body):
        self.uploads[query["uploadId"]][1][int(query["partNumber"])] = body
        return web.Response(headers={"ETag": f'"part-{query["partNumber"]}"'})

    def _list(self, prefix, after):
        keys = sorted(key for key in self.objects if key.startswith(prefix) and key > after)
        page = keys[: self.page]
        more = len(keys) > len(page)
        return _xml(
            "ListBucketResult",
            f"<IsTruncated>{str(more).lower()}</IsTruncated>"
            + (f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else "")
            + "".join(
                f"<Contents><Key>{escape(key)}</Key><Size>{len(self.objects[key].body)}</Size>"
                f"<LastModified>{self.objects[key].modified_at:%Y-%m-%dT%H:%M:%S.000Z}"
                '</LastModified><ETag>"etag"</ETag></Contents>'
                for key in page
            ),
        )


def _xml(name, inner):
    text = f'<?xml version="1.0" encoding="UTF-8"?><{name}>{inner}</{name}>'
    return web.Response(text=text, content_type="application/xml")


def _error(status, code):
    response = _xml("Error", f"<Code>{code}</Code><Message>no</Message>")
    response.set_status(status)
    return response


def _is_signed(request, body):
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme != "AWS4-HMAC-SHA256":
        return False
    fields = dict(field.strip().split("=", 1) for field in rest.split(","))
    key_id, *scope = fields["Credential"].split("/")
    payload = request.headers["x-amz-content-sha256"]
    if key_id != KEY_ID or payload not in {"UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()}:
        return False
    names = fields["SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            request.method,
            request.raw_path.partition("?")[0],
            "&".join(
                sorted(
                    f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
                    for name, value in request.query.items()
                )
            ),
            *(f"{name}:{request.headers[name].strip()}" for name in names),
            "",
            ";".join(names),
            payload,
        ]
    )
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            request.headers["x-amz-date"],
            "/".join(scope),
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = b"AWS4" + SECRET.encode()
    for step in [*scope, text]:
        key = hmac.digest(key, step.encode(), "sha256")
    return hmac.compare_digest(key.hex(), fields["Signature"])


@asynccontextmanager
async def running_bucket():
    server = BucketServer()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
