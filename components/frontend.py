"""The frontend tier, the chat page as a service: CloudFront -> a load balancer that signs people in -> Fargate tasks.

The load balancer has no address on the Internet: CloudFront reaches it as a VPC origin.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pulumi
import pulumi_aws as aws
import pulumi_docker_build as docker

from components import package
from components.alarms import MINUTE, AlarmArgs, alarm
from components.groups import HTTPS, allow_https_out, connect
from components.library import Library
from components.monitoring import Monitoring
from components.network import Network
from components.policies import Statement, allow, from_account, policy, trust
from components.settings import Frontend as Names
from components.settings import Size
from runtime.names import (
    CLOUDFRONT_LOG_PREFIX,
    LOAD_BALANCER_LOG_PREFIX,
    OPERATORS,
    SIGN_IN_BALANCER,
    SIGN_IN_CLIENT,
    SIGN_IN_ISSUER,
    SIGN_OUT_URL,
    STOP_SECONDS,
)

PORT = 7860
LOG_DAYS = 90
IMAGES_KEPT = 10

CLOUDFRONT_REGION = "us-east-1"
"""The only region whose certificates CloudFront accepts."""

NO_CACHE = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
"""AWS's managed policies CachingDisabled and AllViewer: the load balancer must see the page's own name, from which it
builds the address that people return to after signing in."""

SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
"""AWS's managed policy SecurityHeadersPolicy: strict transport security, and headers that the page sends itself."""

CLOUDFRONT_ADDRESSES = "com.amazonaws.global.cloudfront.origin-facing"
TLS = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"

IDLE_SECONDS = 120
SESSION_SECONDS = 12 * 3600
STICKY_SECONDS = 24 * 3600
"""How long a browser stays with one task: the page keeps answers in progress in its process."""

DRAIN_SECONDS = 60
"""How long the load balancer lets a task finish its open requests before the task is told to stop."""

STOP_TIMEOUT = 60
"""Seconds from then until the task is killed. The page knows them, and lets answers continue for as long as leaves it
time to store them; Fargate's own limit is 120."""

REQUESTS_A_TASK = 1000
"""Requests per minute above which tasks are added. An open page sends four and each question about six: this is sixty
people who ask twice a minute."""

_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^@:]+)")


def _pull(repositories: Sequence[pulumi.Input[str]]) -> list[Statement]:
    return [
        # A registry token belongs to no repository.
        allow(["ecr:GetAuthorizationToken"], ["*"]),
        allow(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], repositories),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontendArgs:
    """The page's names, its network, the library it asks, and whose reports it shows; `image` by its digest, '' to
    build it."""

    names: Names
    network: Network
    library: Library
    monitoring: Monitoring
    size: Size
    image: str
    protect: bool


class Frontend(pulumi.ComponentResource):
    """`role_arn` is the tasks' role; the operator creates people's accounts in the user pool."""

    app_url: str
    cloudfront_domain: pulumi.Output[str]
    user_pool_id: pulumi.Output[str]
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: FrontendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("plumbline:frontend:Frontend", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self.app_url = f"https://{args.names.app_domain}"
        self._groups()
        self._user_pool()
        self._load_balancer()
        self._service()
        self._alarms()
        distribution = self._cloudfront()
        self.cloudfront_domain = distribution.domain_name
        self.user_pool_id = self._pool.id
        self.register_outputs({"app_url": self.app_url, "cloudfront_domain": self.cloudfront_domain})

    def _groups(self) -> None:
        """CloudFront calls the load balancer, which calls the tasks, and nobody else may call either."""
        name, vpc = self._name, self._args.network.vpc_id
        self._balancer_group, self._task_group = (
            aws.ec2.SecurityGroup(f"{name}-{kind}", description=said, vpc_id=vpc, opts=self._child)
            for kind, said in (
                ("balancer", "The load balancer of the chat page"),
                ("page", "The tasks of the chat page"),
            )
        )
        addresses = aws.ec2.get_managed_prefix_list_output(
            name=CLOUDFRONT_ADDRESSES, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-cloudfront",
            security_group_id=self._balancer_group.id,
            prefix_list_id=addresses.id,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            description="CloudFront",
            opts=self._child,
        )
        allow_https_out(f"{name}-balancer", self._balancer_group.id, self)  # to Cognito, to sign people in
        connect(
            f"{name}-balancer-to-page", self._balancer_group.id, self._task_group.id, PORT, "Requests of the page", self
        )
        allow_https_out(f"{name}-page", self._task_group.id, self)
        self._args.library.retrieval.allow_in(f"{name}-page", self._task_group.id)

    def _user_pool(self) -> None:
        """Who may sign in: those for whom the operator has created an account; nobody can sign up."""
        name, url = self._name, f"{self.app_url}/"
        self._pool = aws.cognito.UserPool(
            name,
            admin_create_user_config={"allow_admin_create_user_only": True},
            username_attributes=["email"],
            auto_verified_attributes=["email"],
            password_policy={
                "minimum_length": 12,
                "require_lowercase": True,
                "require_uppercase": True,
                "require_numbers": True,
                "require_symbols": False,
                "temporary_password_validity_days": 7,
            },
            mfa_configuration="OPTIONAL",
            software_token_mfa_configuration={"enabled": True},
            account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
            deletion_protection="ACTIVE" if self._args.protect else "INACTIVE",
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )
        aws.cognito.UserGroup(
            f"{name}-{OPERATORS}",
            name=OPERATORS,
            user_pool_id=self._pool.id,
            description="Look after the library: they see its documents and its monitoring",
            opts=self._child,
        )
        self._client = aws.cognito.UserPoolClient(
            name,
            user_pool_id=self._pool.id,
            generate_secret=True,
            allowed_oauth_flows=["code"],
            allowed_oauth_flows_user_pool_client=True,
            allowed_oauth_scopes=["openid", "email"],
            supported_identity_providers=["COGNITO"],
            callback_urls=[f"{url}oauth2/idpresponse"],
            logout_urls=[url],
            prevent_user_existence_errors="ENABLED",
            opts=self._child,
        )
        # It must be unique in AWS's whole region: derived from the page's own name, which is.
        prefix = f"{self._name}-{hashlib.sha256(self._args.names.app_domain.encode()).hexdigest()[:12]}"
        self._sign_in = aws.cognito.UserPoolDomain(name, domain=prefix, user_pool_id=self._pool.id, opts=self._child)

    def _sign_in_environment(self, region: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
        """The variables that tell the page whose tokens to accept, and where a session ends."""
        domain = pulumi.Output.concat("https://", self._sign_in.domain, ".auth.", region, ".amazoncognito.com")
        back = quote(f"{self.app_url}/", safe="")
        return {
            SIGN_IN_BALANCER: self._balancer.arn,
            SIGN_IN_ISSUER: pulumi.Output.concat("https://", self._pool.endpoint),
            SIGN_IN_CLIENT: self._client.id,
            SIGN_OUT_URL: pulumi.Output.concat(domain, "/logout?client_id=", self._client.id, f"&logout_uri={back}"),
        }

    def _load_balancer(self) -> None:
        name, args = self._name, self._args
        self._balancer = aws.lb.LoadBalancer(
            name,
            internal=True,
            load_balancer_type="application",
            security_groups=[self._balancer_group.id],
            subnets=args.network.private_subnet_ids,
            access_logs={
                "bucket": args.network.logs.name,
                "prefix": LOAD_BALANCER_LOG_PREFIX.rstrip("/"),
                "enabled": True,
            },
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protect,
            idle_timeout=IDLE_SECONDS,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.network.logs]),  # its policy is checked
        )
        self._target = aws.lb.TargetGroup(
            name,
            port=PORT,
            protocol="HTTP",
            target_type="ip",
            vpc_id=args.network.vpc_id,
            deregistration_delay=DRAIN_SECONDS,
            # Not /readyz: something that every task needs, missing for a moment, would take all of them out at once.
            health_check={"path": "/healthz", "matcher": "200", "interval": 15, "timeout": 5, "healthy_threshold": 2},
            stickiness={"type": "lb_cookie", "cookie_duration": STICKY_SECONDS, "enabled": True},
            opts=self._child,
        )
        self._listener = aws.lb.Listener(
            name,
            load_balancer_arn=self._balancer.arn,
            port=HTTPS,
            protocol="HTTPS",
            ssl_policy=TLS,
            certificate_arn=args.names.certificate_arn,
            default_actions=[
                {
                    "type": "authenticate-cognito",
                    "order": 1,
                    "authenticate_cognito": {
                        "user_pool_arn": self._pool.arn,
                        "user_pool_client_id": self._client.id,
                        "user_pool_domain": self._sign_in.domain,
                        "scope": "openid email",
                        "session_timeout": SESSION_SECONDS,
                        "on_unauthenticated_request": "authenticate",
                    },
                },
                {"type": "forward", "order": 2, "target_group_arn": self._target.arn},
            ],
            opts=self._child,
        )
        aws.route53.Record(
            f"{name}-origin",
            zone_id=args.names.zone_id,
            name=args.names.origin_domain,
            type="A",
            aliases=[
                {
                    "name": self._balancer.dns_name,
                    "zone_id": self._balancer.zone_id,
                    "evaluate_target_health": False,
                }
            ],
            opts=self._child,
        )

    def _service(self) -> None:
        """The tasks: not root, writing only to /tmp, with a role of their own."""
        name, args = self._name, self._args
        image, pulls = self._image()
        log = aws.cloudwatch.LogGroup(f"{name}-page", retention_in_days=LOG_DAYS, opts=self._child)
        starter = aws.iam.Role(
            f"{name}-page-start", assume_role_policy=trust("ecs-tasks.amazonaws.com"), opts=self._child
        )
        starts = aws.iam.RolePolicy(
            f"{name}-page-start",
            role=starter.id,
            policy=policy(
                *(_pull(pulls) if pulls else ()),
                allow(["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(log.arn, ":*")]),
            ),
            opts=self._child,
        )
        account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self)).account_id
        role = aws.iam.Role(
            f"{name}-page",
            assume_role_policy=trust("ecs-tasks.amazonaws.com", from_account(account)),
            opts=self._child,
        )
        grant = aws.iam.RolePolicy(
            f"{name}-page",
            role=role.id,
            policy=policy(
                *args.library.statements(), *args.monitoring.read_statements(), *args.monitoring.start_statements()
            ),
            opts=self._child,
        )
        self.role_arn = role.arn
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        environment: dict[str, pulumi.Input[str]] = {
            "AWS_REGION": region,
            STOP_SECONDS: str(STOP_TIMEOUT),
            **args.library.environment(),
            **args.monitoring.environment(),
            **self._sign_in_environment(region),
        }
        container = {
            "name": "page",
            "image": image,
            "essential": True,
            "user": "10001:10001",
            "readonlyRootFilesystem": True,
            # A container's first process ignores SIGTERM unless it has installed a handler.
            "linuxParameters": {"initProcessEnabled": True},
            "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}],
            "environment": [{"name": key, "value": value} for key, value in sorted(environment.items())],
            "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}],  # noqa: S108
            "stopTimeout": STOP_TIMEOUT,
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {"awslogs-group": log.name, "awslogs-region": region, "awslogs-stream-prefix": "page"},
            },
        }
        task = aws.ecs.TaskDefinition(
            name,
            family=f"{name}-{pulumi.get_stack()}",
            cpu=str(args.size.task_cpu),
            memory=str(args.size.task_mib),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform={"cpu_architecture": "ARM64", "operating_system_family": "LINUX"},
            execution_role_arn=starter.arn,
            task_role_arn=role.arn,
            volumes=[{"name": "tmp"}],
            container_definitions=pulumi.Output.json_dumps([container]),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[starts, grant]),
        )
        self._cluster = cluster = aws.ecs.Cluster(
            name, settings=[{"name": "containerInsights", "value": "disabled"}], opts=self._child
        )
        self._tasks = service = aws.ecs.Service(
            name,
            cluster=cluster.arn,
            task_definition=task.arn,
            desired_count=args.size.min_tasks,
            launch_type="FARGATE",
            deployment_circuit_breaker={"enable": True, "rollback": True},
            health_check_grace_period_seconds=60,
            wait_for_steady_state=True,  # or `up` is done while the tasks keep failing
            network_configuration={
                "subnets": args.network.private_subnet_ids,
                "security_groups": [self._task_group.id],
                "assign_public_ip": False,
            },
            load_balancers=[{"target_group_arn": self._target.arn, "container_name": "page", "container_port": PORT}],
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[self._listener], ignore_changes=["desiredCount"]
            ),  # autoscaling sets the count
        )
        pulumi.Output.all(service.task_definition, task.arn).apply(lambda both: _check_rolled_out(*both))
        scaled = aws.appautoscaling.Target(
            name,
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
            min_capacity=args.size.min_tasks,
            max_capacity=args.size.max_tasks,
            opts=self._child,
        )
        aws.appautoscaling.Policy(
            name,
            policy_type="TargetTrackingScaling",
            service_namespace=scaled.service_namespace,
            scalable_dimension=scaled.scalable_dimension,
            resource_id=scaled.resource_id,
            target_tracking_scaling_policy_configuration={
                "target_value": REQUESTS_A_TASK,
                "predefined_metric_specification": {
                    "predefined_metric_type": "ALBRequestCountPerTarget",
                    "resource_label": pulumi.Output.concat(self._balancer.arn_suffix, "/", self._target.arn_suffix),
                },
            },
            opts=self._child,
        )

    def _alarms(self) -> None:
        """When people get errors, and when fewer tasks than there should be run or answer."""
        balancer = {"LoadBalancer": self._balancer.arn_suffix}
        targets = {**balancer, "TargetGroup": self._target.arn_suffix}
        service = {"ClusterName": self._cluster.name, "ServiceName": self._tasks.name}
        errors: dict[str, Any] = {"above": 0, "statistic": "Sum", "times": 3}
        # A task sends one figure a minute, so their number is that of the tasks (ECS guide, cloudwatch-metrics).
        few = {"below": self._args.size.min_tasks, "statistic": "SampleCount", "seconds": MINUTE, "times": 10}
        for kind, description, namespace, metric, dimensions, limits in (
            (
                "refused",
                "The load balancer answers with errors",
                "ApplicationELB",
                "HTTPCode_ELB_5XX_Count",
                balancer,
                errors,
            ),
            (
                "failing",
                "The chat page answers with errors",
                "ApplicationELB",
                "HTTPCode_Target_5XX_Count",
                targets,
                errors,
            ),
            (
                "unhealthy",
                "A task of the chat page does not answer",
                "ApplicationELB",
                "UnHealthyHostCount",
                targets,
                {"above": 0, "seconds": MINUTE, "times": 5},
            ),
            (
                "tasks",
                "Too few tasks of the chat page run",
                "ECS",
                "CPUUtilization",
                service,
                {**few, "missing": "breaching"},
            ),
        ):
            args = AlarmArgs(
                topic_arn=self._args.monitoring.topic.arn,
                description=description,
                namespace=f"AWS/{namespace}",
                metric=metric,
                dimensions=dimensions,
                **limits,
            )
            alarm(f"{self._name}-page-{kind}", args, self)

    def _image(self) -> tuple[pulumi.Input[str], Sequence[pulumi.Input[str]]]:
        """The image by its digest, and the repositories that a task pulls it from."""
        if given := self._args.image:
            partition = aws.get_partition_output(opts=pulumi.InvokeOutputOptions(parent=self)).partition
            found = _ECR.match(given)
            if not found:
                return given, []  # a registry without authentication
            region, account, repository = found["region"], found["account"], found["name"]
            return given, [pulumi.Output.concat("arn:", partition, f":ecr:{region}:{account}:repository/{repository}")]
        repository = aws.ecr.Repository(
            self._name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            force_delete=not self._args.protect,
            opts=self._child,
        )
        aws.ecr.LifecyclePolicy(
            self._name,
            repository=repository.name,
            policy=pulumi.Output.json_dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "description": "Keep the newest images",
                            "selection": {
                                "tagStatus": "any",
                                "countType": "imageCountMoreThan",
                                "countNumber": IMAGES_KEPT,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
            opts=self._child,
        )
        token = aws.ecr.get_authorization_token_output(
            registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        context = package.image(package.PACKAGES)
        built = docker.Image(
            self._name,
            # Relative to the project's folder, in which Pulumi runs the program: an absolute path differs between
            # checkouts, so another one would build and push the same tag again.
            context={"location": os.path.relpath(context, package.ROOT)},
            platforms=[docker.Platform.LINUX_ARM64],
            tags=[pulumi.Output.concat(repository.repository_url, ":", context.name)],
            push=True,
            build_on_preview=False,
            registries=[
                {
                    "address": repository.repository_url,
                    "username": token.user_name,
                    "password": pulumi.Output.secret(token.password),
                }
            ],
            # Deleting it needs the token of the last `up`, valid for 12 hours; the repository goes with its images.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        return built.ref, [repository.arn]

    def _cloudfront(self) -> aws.cloudfront.Distribution:
        name, names = self._name, self._args.names
        origin = aws.cloudfront.VpcOrigin(
            name,
            vpc_origin_endpoint_config={
                "name": f"{name}-{pulumi.get_stack()}",  # unique in an account
                "arn": self._balancer.arn,
                "http_port": 80,
                "https_port": HTTPS,
                "origin_protocol_policy": "https-only",
                "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
            },
            # CloudFront requires an Internet gateway in the VPC, though nothing passes through it; the load balancer's
            # subnets are known once it is there.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._listener]),
        )
        distribution = aws.cloudfront.Distribution(
            name,
            enabled=True,
            comment="Plumbline's chat page",
            aliases=[names.app_domain],
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class="PriceClass_100",
            origins=[
                {
                    "origin_id": "page",
                    "domain_name": names.origin_domain,
                    "vpc_origin_config": {
                        "vpc_origin_id": origin.id,
                        "origin_read_timeout": 60,
                        "origin_keepalive_timeout": 60,
                    },
                }
            ],
            default_cache_behavior={
                "target_origin_id": "page",
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
                "cached_methods": ["GET", "HEAD"],
                "cache_policy_id": NO_CACHE,
                "origin_request_policy_id": ALL_VIEWER,
                "response_headers_policy_id": SECURITY_HEADERS,
                "compress": False,  # compression would hold back streams
            },
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate={
                "acm_certificate_arn": self._certificate(),
                "ssl_support_method": "sni-only",
                "minimum_protocol_version": "TLSv1.2_2021",
            },
            opts=self._child,
        )
        self._log_requests(distribution)
        for kind in ("A", "AAAA"):
            aws.route53.Record(
                f"{name}-app-{kind.lower()}",
                zone_id=names.zone_id,
                name=names.app_domain,
                type=kind,
                aliases=[
                    {
                        "name": distribution.domain_name,
                        "zone_id": distribution.hosted_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=self._child,
            )
        return distribution

    def _log_requests(self, distribution: aws.cloudfront.Distribution) -> None:
        """Deliver the access log to the bucket of logs. The older form, an argument of the distribution, needs a bucket
        with access control lists; this one is delivered from one region (CloudFront guide, standard-logging)."""
        name, logs = self._name, self._args.network.logs
        source = aws.cloudwatch.LogDeliverySource(
            name, log_type="ACCESS_LOGS", resource_arn=distribution.arn, region=CLOUDFRONT_REGION, opts=self._child
        )
        bucket = aws.cloudwatch.LogDeliveryDestination(
            name,
            delivery_destination_configuration={
                "destination_resource_arn": pulumi.Output.concat(logs.arn, f"/{CLOUDFRONT_LOG_PREFIX.rstrip('/')}")
            },
            output_format="json",
            region=CLOUDFRONT_REGION,
            opts=self._child,
        )
        aws.cloudwatch.LogDelivery(
            name,
            delivery_source_name=source.name,
            delivery_destination_arn=bucket.arn,
            region=CLOUDFRONT_REGION,
            opts=self._child,
        )

    def _certificate(self) -> pulumi.Output[str]:
        """The page's certificate, in the region where CloudFront looks for it; the zone proves that we own the name."""
        name, names = self._name, self._args.names
        certificate = aws.acm.Certificate(
            name, domain_name=names.app_domain, validation_method="DNS", region=CLOUDFRONT_REGION, opts=self._child
        )
        proof = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-certificate",
            zone_id=names.zone_id,
            name=proof.resource_record_name,
            type=proof.resource_record_type,
            records=[proof.resource_record_value],
            ttl=300,
            allow_overwrite=True,
            # ACM gives every certificate of this name in this account the same record, by which it also renews them
            # (ACM guide, dns-validation): without it, those of others would expire.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )
        proven = aws.acm.CertificateValidation(
            name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            region=CLOUDFRONT_REGION,
            opts=self._child,
        )
        return proven.certificate_arn


def _check_rolled_out(running: str, wanted: str) -> None:
    """RunError if the circuit breaker has put back the former tasks: the provider takes that for a steady state (issue
    20858 of terraform-provider-aws). Both are ARNs, task-definition/FAMILY:REVISION."""
    if running.rpartition("/")[2] != wanted.rpartition("/")[2]:
        raise pulumi.RunError(
            f"The new tasks of the chat page did not start, so the former ones ({running}) are running again. Their "
            "log, and the service's events in the ECS console, say why; then run `pulumi up` again."
        )
