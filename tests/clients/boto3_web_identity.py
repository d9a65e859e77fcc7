"""Has boto3 exchange an OIDC token for a key by itself, and use that with an S3 server.

Usage: boto3_web_identity.py STORE STS. The role, the token's file and the region come from AWS_*
variables, as they do in a cluster whose workloads have an identity.
"""

import sys

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError

STORE, STS = sys.argv[1:]


def config():
    return Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})


session = boto3.Session()
credentials = session.get_credentials()
assert credentials.method == "assume-role-with-web-identity", credentials.method
s3 = session.client("s3", endpoint_url=STORE, config=config())
s3.create_bucket(Bucket="by-web-identity")
s3.put_object(Bucket="by-web-identity", Key="a b", Body=b"hello")
assert s3.get_object(Bucket="by-web-identity", Key="a b")["Body"].read() == b"hello"

sts = boto3.client("sts", endpoint_url=STS, config=config())
try:
    sts.assume_role_with_web_identity(
        RoleArn="arn:aws:iam::000000000000:role/other",
        RoleSessionName="tests",
        WebIdentityToken=open(sys.argv[0]).read()[:100],
    )
except ClientError as error:
    assert error.response["Error"]["Code"] == "InvalidIdentityToken", error.response["Error"]
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
else:
    raise AssertionError("a token that is none was exchanged")
print("done")
