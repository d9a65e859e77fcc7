"""Drives an S3 server with boto3 and fails with a traceback on the first thing that is not right.

Usage: boto3_client.py ENDPOINT. Keys and region come from AWS_* variables.
"""

import hashlib
import io
import sys

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
BUCKET = "from-boto3"
KEYS = ["plain", "with space & sign+", "ünïcode/☃", "a/../b", "percent%2Fslash", "line\nbreak"]


def client(**settings):
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, **settings)
    return boto3.client("s3", endpoint_url=ENDPOINT, config=config)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (code, error.response["Error"])
    else:
        raise AssertionError(f"expected {code}")


s3 = client()
s3.create_bucket(Bucket=BUCKET)
assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
s3.head_bucket(Bucket=BUCKET)
refused("NoSuchBucket", s3.list_objects_v2, Bucket="no-such-bucket-here")

for key in KEYS:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode(), Metadata={"name": "value"})
listed = [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
assert listed == sorted(KEYS, key=lambda key: key.encode()), listed
for key in KEYS:
    got = s3.get_object(Bucket=BUCKET, Key=key)
    assert got["Body"].read() == key.encode(), key
    assert got["ETag"] == f'"{hashlib.md5(key.encode()).hexdigest()}"'
    assert got["Metadata"] == {"name": "value"}

pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, PaginationConfig={"PageSize": 2})
assert sum(len(page["Contents"]) for page in pages) == len(KEYS)
folders = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/")
assert [each["Prefix"] for each in folders["CommonPrefixes"]] == ["a/", "ünïcode/"]

for algorithm in ["CRC32", "SHA1", "SHA256"]:
    body = io.BytesIO(b"x" * 100_000)
    s3.put_object(Bucket=BUCKET, Key="checked", Body=body, ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket=BUCKET, Key="checked", ChecksumMode="ENABLED")
    assert f"Checksum{algorithm}" in got
    assert len(got["Body"].read()) == 100_000
refused("BadDigest", s3.put_object, Bucket=BUCKET, Key="bad", Body=b"x", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
refused("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="bad")

content = bytes(range(256)) * (12 * 4096)
parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=3)
s3.upload_fileobj(io.BytesIO(content), BUCKET, "large", Config=parts)
assert s3.head_object(Bucket=BUCKET, Key="large")["ETag"].endswith('-3"')
target = io.BytesIO()
s3.download_fileobj(BUCKET, "large", target, Config=parts)
assert target.getvalue() == content
ranged = s3.get_object(Bucket=BUCKET, Key="large", Range="bytes=1000000-1000099")
assert ranged["Body"].read() == content[1000000:1000100]
assert s3.get_object(Bucket=BUCKET, Key="large", PartNumber=3)["PartsCount"] == 3

s3.copy({"Bucket": BUCKET, "Key": "large"}, BUCKET, "copied", Config=parts)
assert s3.head_object(Bucket=BUCKET, Key="copied")["ContentLength"] == len(content)
etag = s3.head_object(Bucket=BUCKET, Key="plain")["ETag"]
refused("PreconditionFailed", s3.get_object, Bucket=BUCKET, Key="plain", IfMatch='"0"')
refused("304", s3.get_object, Bucket=BUCKET, Key="plain", IfNoneMatch=etag)
refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="plain", Body=b"", IfNoneMatch="*")

import urllib.request  # noqa: E402

presigned = client(signature_version="s3v4").generate_presigned_url(
    "get_object", Params={"Bucket": BUCKET, "Key": "plain"}
)
assert urllib.request.urlopen(presigned).read() == b"plain"

refused("BucketNotEmpty", s3.delete_bucket, Bucket=BUCKET)
keys = [{"Key": each["Key"]} for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
assert len(s3.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})["Deleted"]) == len(keys)
s3.delete_bucket(Bucket=BUCKET)

wrong = boto3.client("s3", endpoint_url=ENDPOINT, aws_access_key_id="EDGEREPRODEMO", aws_secret_access_key="not-this-one")
refused("SignatureDoesNotMatch", wrong.list_buckets)
print("done")
