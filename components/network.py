"""The network tier: a VPC in two zones, NAT gateways, endpoints for S3 and DynamoDB, and the access log bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.buckets import PrivateBucket, PrivateBucketArgs
from components.policies import Statement, from_account
from components.settings import NAMESPACE, ZONES
from runtime.names import FLOW_LOG_PREFIX, LOAD_BALANCER_LOG_PREFIX

UNSUITABLE_ZONES = ("use1-az3", "usw1-az2", "apne1-az3", "cac1-az3")
"""Zones, by the ids that are the same in every account, without Fargate on arm64 or at all (ECS guide, ecs-arm64 and
AWS_Fargate-Regions) or without VPC origins (CloudFront guide, using-service-linked-roles)."""

LOG_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkArgs:
    """`nat_gateways` is 1, or one per zone; `protect` keeps the logs on destroy; `zones` are two ids of availability
    zones, none for the region's first two that have every service."""

    cidr: IPv4Network
    nat_gateways: int
    protect: bool
    zones: Sequence[str] = ()


class Network(pulumi.ComponentResource):
    """The public subnets contain only the NAT gateways; everything that runs is in the private ones."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: list[pulumi.Output[str]]
    logs: PrivateBucket
    gateway: aws.ec2.InternetGateway

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:network:Network", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._child = child
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        zones = args.zones or self._zones()
        self.logs = PrivateBucket(
            f"{name}-logs",
            PrivateBucketArgs(protect=args.protect, expire_days=LOG_DAYS, statements=self._log_writers),
            child,
        )
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
        self.gateway = aws.ec2.InternetGateway(name, vpc_id=self.vpc.id, tags={"Name": name}, opts=child)
        blocks = list(args.cidr.subnets(prefixlen_diff=3))
        public = self._subnets(f"{name}-public", blocks[:ZONES], zones)
        private = self._subnets(f"{name}-private", blocks[ZONES : 2 * ZONES], zones)
        outside = aws.ec2.RouteTable(f"{name}-public", vpc_id=self.vpc.id, tags={"Name": f"{name}-public"}, opts=child)
        out = aws.ec2.Route(
            f"{name}-public",
            route_table_id=outside.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=self.gateway.id,
            opts=child,
        )
        for number, subnet in enumerate(public):
            aws.ec2.RouteTableAssociation(
                f"{name}-public-{number}", route_table_id=outside.id, subnet_id=subnet.id, opts=child
            )
        nats = [self._nat(f"{name}-{number}", public[number], out) for number in range(args.nat_gateways)]
        tables, self.private_subnet_ids = [], []
        for number, subnet in enumerate(private):
            table, subnet_id = self._private_table(f"{name}-private-{number}", subnet, nats[number % len(nats)])
            tables.append(table)
            self.private_subnet_ids.append(subnet_id)
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
        self.register_outputs({"vpc_id": self.vpc_id, "private_subnet_ids": self.private_subnet_ids})

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

    def _private_table(
        self, name: str, subnet: aws.ec2.Subnet, nat: aws.ec2.NatGateway
    ) -> tuple[aws.ec2.RouteTable, pulumi.Output[str]]:
        """The route table with the route to the NAT gateway, and the subnet's id, known once that route exists."""
        table = aws.ec2.RouteTable(name, vpc_id=self.vpc.id, tags={"Name": name}, opts=self._child)
        route = aws.ec2.Route(
            name,
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=nat.id,
            opts=self._child,
        )
        associated = aws.ec2.RouteTableAssociation(name, route_table_id=table.id, subnet_id=subnet.id, opts=self._child)
        # Function calls during the `up`, and the jump host's first boot, need that route.
        known = pulumi.Output.all(subnet.id, route.id, associated.id)
        return table, known.apply(lambda ids: str(ids[0]))

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
