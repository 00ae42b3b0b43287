"""AWS's interface on a free port of the loopback, played by moto, with two users: one who may log in to registries, and one who may not.

Prints one line of JSON, {"url": …, "reader": {"id": …, "secret": …}, "nobody": {…}}, and ends with its standard input.
"""

import json
import sys

import boto3
from moto import settings
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

READS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": "*"}],
}


def main() -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    iam = boto3.client(
        "iam", endpoint_url=url, region_name="us-east-1", aws_access_key_id="setup", aws_secret_access_key="setup"
    )
    users = {}
    for name in ("reader", "nobody"):
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        users[name] = {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=json.dumps(READS))
    # From here on, who may do what counts.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    print(json.dumps({"url": url, **users}), flush=True)
    sys.stdin.read()
    server.stop()


main()
