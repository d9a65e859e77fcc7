"""Carries a file through a gateway and back with boto3's defaults, lists it, and deletes.

Usage: boto3_gateway.py ENDPOINT BUCKET FILE BACK. Keys and region come from AWS_* variables.
"""

import sys

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

ENDPOINT, BUCKET, FILE, BACK = sys.argv[1:]
MANY = 30

# What has to be tried again is wrong, and must not pass.
s3 = boto3.client("s3", endpoint_url=ENDPOINT, config=Config(retries={"total_max_attempts": 1}))

assert BUCKET in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
s3.upload_file(FILE, BUCKET, "boto3/large")
head = s3.head_object(Bucket=BUCKET, Key="boto3/large")
parts = int(head["ETag"].strip('"').split("-")[1])
s3.download_file(BUCKET, "boto3/large", BACK)

keys = [f"boto3/small {at} & ☃" for at in range(MANY)]
for key in keys:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
assert s3.get_object(Bucket=BUCKET, Key=keys[7])["Body"].read() == keys[7].encode()
pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket=BUCKET, Prefix="boto3/", PaginationConfig={"PageSize": 7}
)
listed = [each["Key"] for page in pages for each in page["Contents"]]
assert listed == sorted(["boto3/large", *keys], key=lambda key: key.encode()), listed

s3.delete_object(Bucket=BUCKET, Key="boto3/large")
try:
    s3.head_object(Bucket=BUCKET, Key="boto3/large")
except ClientError as error:
    assert error.response["Error"]["Code"] == "404", error.response["Error"]
else:
    raise AssertionError("expected no object")
objects = [{"Key": key} for key in keys]
deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})["Deleted"]
assert sorted(each["Key"] for each in deleted) == sorted(keys), deleted
assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="boto3/")
print(f"done in {parts} parts")
