"""A private bucket: no public access, TLS only, encrypted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
from pulumi_aws.s3 import BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs as UnfinishedArgs
from pulumi_aws.s3 import BucketLifecycleConfigurationRuleExpirationArgs as ExpirationArgs
from pulumi_aws.s3 import BucketLifecycleConfigurationRuleFilterArgs as FilterArgs
from pulumi_aws.s3 import BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs as FormerArgs

from components.policies import Statement, only_tls, policy

UNFINISHED_DAYS = 7
"""After which the parts of an unfinished upload are removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateBucketArgs:
    """`protect` keeps the bucket with its objects on destroy; `former_days` is how many days former versions of objects
    are kept (0: the bucket is not versioned); `expire_days` removes each object after that many days (0: never), and
    `expiring` those below a prefix; `statements` returns further statements of the policy, given the bucket's ARN."""

    protect: bool
    former_days: int = 0
    expire_days: int = 0
    expiring: Mapping[str, int] = field(default_factory=dict)
    statements: Callable[[pulumi.Output[str]], Sequence[Statement]] = lambda arn: ()


class PrivateBucket(pulumi.ComponentResource):
    """The bucket and its settings, which AWS keeps apart. `name` and `arn` are known once its policy is in force."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: PrivateBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:storage:PrivateBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            name,
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.s3.BucketOwnershipControls(
            name, bucket=self.bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        block = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=self.bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        if args.former_days:
            aws.s3.BucketVersioning(
                name, bucket=self.bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
            )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=self.bucket.id,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="old",
                    status="Enabled",
                    filter=FilterArgs(prefix=""),
                    abort_incomplete_multipart_upload=UnfinishedArgs(days_after_initiation=UNFINISHED_DAYS),
                    expiration=_expiration(args),
                    noncurrent_version_expiration=FormerArgs(noncurrent_days=args.former_days)
                    if args.former_days
                    else None,
                ),
                *(
                    aws.s3.BucketLifecycleConfigurationRuleArgs(
                        id=prefix.rstrip("/"),
                        status="Enabled",
                        filter=FilterArgs(prefix=prefix),
                        expiration=ExpirationArgs(days=days),
                    )
                    for prefix, days in args.expiring.items()
                ),
            ],
            opts=child,
        )
        granted = aws.s3.BucketPolicy(
            name,
            bucket=self.bucket.id,
            policy=policy(
                only_tls("s3:*", self.bucket.arn, pulumi.Output.concat(self.bucket.arn, "/*")),
                *args.statements(self.bucket.arn),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )
        # Whatever writes here, or lets another service write, must find the policy in force.
        self.name, self.arn = (
            pulumi.Output.all(known, granted.id).apply(lambda both: str(both[0]))
            for known in (self.bucket.bucket, self.bucket.arn)
        )
        self.register_outputs({"name": self.name, "arn": self.arn})


def _expiration(args: PrivateBucketArgs) -> ExpirationArgs | None:
    """When objects expire; in a versioned bucket, only the delete markers of objects without versions."""
    if args.expire_days:
        return ExpirationArgs(days=args.expire_days)
    return ExpirationArgs(expired_object_delete_marker=True) if args.former_days else None
