"""Tags by which a bill and a console tell whose each resource is."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

UNTAGGED = (
    "aws:iam/serviceLinkedRole:ServiceLinkedRole",  # it is the account's
    "aws:ec2/internetGateway:InternetGateway",  # CloudFront's VPC origin holds it, and a change gives 409
)


def tag_everything(tags: Mapping[str, str]) -> None:
    """Add these tags to every resource of the stack that takes any."""

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not args.type_.startswith("aws:") or args.type_ in UNTAGGED or not hasattr(type(args.resource), "tags"):
            return None
        own = args.props.get("tags") or {}
        merged = pulumi.Output.from_input(own).apply(lambda given: {**tags, **given})
        return pulumi.ResourceTransformationResult({**args.props, "tags": merged}, args.opts)

    pulumi.runtime.register_stack_transformation(transform)
