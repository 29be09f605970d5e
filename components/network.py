"""The network tier: a VPC in two zones with a way to AWS's services, or an existing one, and the access log bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.buckets import PrivateBucket, PrivateBucketArgs
from components.groups import HTTPS
from components.policies import Statement, from_account
from components.settings import NAMESPACE, ZONES, Recognizer
from runtime.names import BEDROCK, FLOW_LOG_PREFIX, LOAD_BALANCER_LOG_PREFIX

UNSUITABLE_ZONES = ("use1-az3", "usw1-az2", "apne1-az3", "cac1-az3")
"""Zones, by the ids that are the same in every account, without Fargate on arm64 or at all (ECS guide, ecs-arm64 and
AWS_Fargate-Regions) or without VPC origins (CloudFront guide, using-service-linked-roles)."""

LOG_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArgs:
    """`nat_gateways` is 1, or one per zone; `protect` keeps the logs on destroy; `zones` are two ids of availability
    zones, none for the region's first two that have every service. With `endpoints`, names of services, the network has
    an interface endpoint for each of them, in as many zones, instead of NAT gateways. `vpc_id` and `subnet_ids`, one in
    each zone, are an existing network's, of which nothing is changed."""

    cidr: IPv4Network
    nat_gateways: int
    protect: bool
    zones: Sequence[str] = ()
    endpoints: Sequence[str] = ()
    vpc_id: str = ""
    subnet_ids: Sequence[str] = ()


def services(embeddings_model: str, recognition: Recognizer) -> list[str]:
    """The services that functions and jump host call, beside S3 and DynamoDB; who asks a library calls more. Lambda
    itself sends a function's logs and traces. Session Manager needs no ec2messages (Systems Manager guide,
    systems-manager-setting-up-messageAPIs)."""
    return [
        *("sqs", "kinesis-firehose", "ssm", "ssmmessages"),
        "bedrock-runtime" if embeddings_model.startswith(BEDROCK) else "sagemaker.runtime",
        *(["textract"] if recognition == "textract" else []),
    ]


class Network(pulumi.ComponentResource):
    """The public subnets contain only the NAT gateways; everything that runs is in the private ones."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: list[pulumi.Output[str]]
    """Known once there is a way out of them."""
    logs: PrivateBucket

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:network:Network", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.logs = PrivateBucket(
            f"{name}-logs",
            PrivateBucketArgs(protect=args.protect, expire_days=LOG_DAYS, statements=self._log_writers),
            self._child,
        )
        if args.vpc_id:
            self.vpc_id = pulumi.Output.from_input(args.vpc_id)
            self.private_subnet_ids = [pulumi.Output.from_input(identity) for identity in args.subnet_ids]
        else:
            self._create()
        self.register_outputs({"vpc_id": self.vpc_id, "private_subnet_ids": self.private_subnet_ids})

    def _create(self) -> None:
        """The VPC with its subnets, their way out, and its flow log."""
        name, args, child = self._name, self._args, self._child
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        self.vpc = aws.ec2.Vpc(
            name,
            cidr_block=str(args.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
            opts=child,
        )
        # The group for whatever names no group of its own: without rules it lets nothing through.
        aws.ec2.DefaultSecurityGroup(name, vpc_id=self.vpc.id, opts=child)
        zones = args.zones or self._zones()
        blocks = list(args.cidr.subnets(prefixlen_diff=3))
        private = self._subnets(f"{name}-private", blocks[ZONES : 2 * ZONES], zones)
        tables = [
            aws.ec2.RouteTable(
                f"{name}-private-{number}",
                vpc_id=self.vpc.id,
                tags={"Name": f"{name}-private-{number}"},
                opts=child,
            )
            for number in range(ZONES)
        ]
        ways: list[list[pulumi.Output[str]]]
        if args.endpoints:
            ways = [self._endpoints(private, region)] * ZONES
        else:
            ways = self._nats(tables, self._subnets(f"{name}-public", blocks[:ZONES], zones))
        self.private_subnet_ids = []
        for number, (subnet, table, way) in enumerate(zip(private, tables, ways, strict=True)):
            associated = aws.ec2.RouteTableAssociation(
                f"{name}-private-{number}", route_table_id=table.id, subnet_id=subnet.id, opts=child
            )
            # Function calls during the `up`, and the jump host's first boot, need that way.
            known = pulumi.Output.all(subnet.id, associated.id, *way)
            self.private_subnet_ids.append(known.apply(lambda ids: str(ids[0])))
        for service in ("s3", "dynamodb"):
            aws.ec2.VpcEndpoint(
                f"{name}-{service}",
                vpc_id=self.vpc.id,
                service_name=pulumi.Output.concat("com.amazonaws.", region, f".{service}"),
                vpc_endpoint_type="Gateway",
                route_table_ids=[table.id for table in tables],
                opts=child,
            )
        aws.ec2.FlowLog(
            name,
            vpc_id=self.vpc.id,
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination=pulumi.Output.concat(self.logs.arn, f"/{FLOW_LOG_PREFIX}"),
            opts=child,
        )
        self.vpc_id = self.vpc.id

    def _nats(
        self, tables: Sequence[aws.ec2.RouteTable], public: Sequence[aws.ec2.Subnet]
    ) -> list[list[pulumi.Output[str]]]:
        """NAT gateways in the public subnets, and the routes from each private subnet to one."""
        name, child = self._name, self._child
        gateway = aws.ec2.InternetGateway(name, vpc_id=self.vpc.id, tags={"Name": name}, opts=child)
        outside = aws.ec2.RouteTable(f"{name}-public", vpc_id=self.vpc.id, tags={"Name": f"{name}-public"}, opts=child)
        out = aws.ec2.Route(
            f"{name}-public",
            route_table_id=outside.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=child,
        )
        for number, subnet in enumerate(public):
            aws.ec2.RouteTableAssociation(
                f"{name}-public-{number}", route_table_id=outside.id, subnet_id=subnet.id, opts=child
            )
        nats = [self._nat(f"{name}-{number}", public[number], out) for number in range(self._args.nat_gateways)]
        return [
            [
                aws.ec2.Route(
                    f"{name}-private-{number}",
                    route_table_id=table.id,
                    destination_cidr_block="0.0.0.0/0",
                    nat_gateway_id=nats[number % len(nats)].id,
                    opts=child,
                ).id
            ]
            for number, table in enumerate(tables)
        ]

    def _endpoints(self, private: Sequence[aws.ec2.Subnet], region: pulumi.Output[str]) -> list[pulumi.Output[str]]:
        """An interface in the private subnets for each service, called by whatever is in the network."""
        name, args = self._name, self._args
        group = aws.ec2.SecurityGroup(
            f"{name}-endpoints", description="The endpoints of services", vpc_id=self.vpc.id, opts=self._child
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-endpoints",
            security_group_id=group.id,
            cidr_ipv4=str(args.cidr),
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            description="Calls of services",
            opts=self._child,
        )
        return [
            aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=self.vpc.id,
                service_name=pulumi.Output.concat("com.amazonaws.", region, f".{service}"),
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,  # so that the services' own names lead here
                subnet_ids=[subnet.id for subnet in private[: args.nat_gateways]],
                security_group_ids=[group.id],
                tags={"Name": f"{name}-{service}"},
                opts=self._child,
            ).id
            for service in args.endpoints
        ]

    def _zones(self) -> pulumi.Output[list[str]]:
        """The ids of the region's first zones that have every service."""
        found = aws.get_availability_zones_output(
            state="available",
            # Local zones, which an account opts in to, have neither NAT gateways nor most other services.
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            exclude_zone_ids=UNSUITABLE_ZONES,
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return pulumi.Output.all(found.names, found.zone_ids).apply(lambda both: _first(*both))

    def _subnets(
        self, name: str, blocks: Sequence[IPv4Network], zones: Sequence[str] | pulumi.Output[list[str]]
    ) -> list[aws.ec2.Subnet]:
        """One subnet per zone."""
        return [
            aws.ec2.Subnet(
                f"{name}-{number}",
                vpc_id=self.vpc.id,
                cidr_block=str(block),
                availability_zone_id=zones[number],
                map_public_ip_on_launch=False,
                tags={"Name": f"{name}-{number}"},
                # A region's list may change, and another zone would replace the subnet with everything in it.
                opts=pulumi.ResourceOptions(parent=self, ignore_changes=["availabilityZone", "availabilityZoneId"]),
            )
            for number, block in enumerate(blocks)
        ]

    def _nat(self, name: str, subnet: aws.ec2.Subnet, route: aws.ec2.Route) -> aws.ec2.NatGateway:
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=self._child)
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags={"Name": name},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[route]),
        )

    def _log_writers(self, arn: pulumi.Output[str]) -> list[Statement]:
        """Services that deliver logs: flow logs, load balancers, and bucket access logs; only for this account."""
        invoke = pulumi.InvokeOutputOptions(parent=self)
        account = aws.get_caller_identity_output(opts=invoke).account_id
        ours = from_account(account)
        region = aws.get_region_output(opts=invoke).region
        partition = aws.get_partition_output(opts=invoke).partition
        balancers = pulumi.Output.concat(
            "arn:", partition, ":elasticloadbalancing:", region, ":", account, ":loadbalancer/*"
        )
        return [
            {
                "Effect": "Allow",
                "Principal": {"Service": ["delivery.logs.amazonaws.com", "logging.s3.amazonaws.com"]},
                "Action": "s3:PutObject",
                "Resource": pulumi.Output.concat(arn, "/*"),
                "Condition": ours,
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": pulumi.Output.concat(arn, f"/{LOAD_BALANCER_LOG_PREFIX}AWSLogs/", account, "/*"),
                "Condition": {"ArnLike": {"aws:SourceArn": balancers}},
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                "Action": "s3:GetBucketAcl",
                "Resource": arn,
                "Condition": ours,
            },
        ]


def _first(names: Sequence[str], ids: Sequence[str]) -> list[str]:
    """The ids of the first zones by name."""
    if len(ids) < ZONES:
        raise pulumi.RunError(
            f"This account's region has {len(ids)} availability zones with every service ({', '.join(ids)}); a stack "
            f"needs {ZONES}. Deploy to another region, or set {NAMESPACE}:zones to the ids of {ZONES} zones."
        )
    return [identity for _, identity in sorted(zip(names, ids, strict=True))][:ZONES]
