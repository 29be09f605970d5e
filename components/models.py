"""What a role needs to call models."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.policies import Statement, allow

BEDROCK = "bedrock:"


def call_models(models: pulumi.Input[Sequence[str]]) -> Statement:
    """Allow calls of these models: SageMaker endpoints by name, Bedrock's models and inference profiles by id."""
    known = pulumi.Output.all(
        models,
        aws.get_partition_output().partition,
        aws.get_region_output().region,
        aws.get_caller_identity_output().account_id,
    )
    statement = allow(
        [
            *("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"),
            *("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"),
        ],
        [],
    )
    return {**statement, "Resource": known.apply(lambda given: _arns(*given))}


def _arns(models: Sequence[str], partition: str, region: str, account: str) -> list[str]:
    arns = []
    for model in dict.fromkeys(models):
        identity = model.removeprefix(BEDROCK)
        if identity == model:
            arns.append(f"arn:{partition}:sagemaker:{region}:{account}:endpoint/{model.lower()}")
            continue
        # A profile such as eu.anthropic... calls the model in any of its regions.
        base = identity.partition(".")[2] if identity.count(".") > 1 else identity
        arns.append(f"arn:{partition}:bedrock:*::foundation-model/{base}")
        arns.append(f"arn:{partition}:bedrock:{region}:{account}:inference-profile/{identity}")
    return arns
