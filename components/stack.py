"""Composes the tiers and exports what the stack's users need."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config

from components import account
from components.frontend import Frontend, FrontendArgs
from components.functions import Code, CodeArgs
from components.ingestion import Ingestion, IngestionArgs
from components.library import Library
from components.monitoring import Monitoring, MonitoringArgs
from components.network import Network, NetworkArgs
from components.notebook import Notebook, NotebookArgs
from components.retrieval import Retrieval, RetrievalArgs
from components.settings import NAMESPACE, TEXTRACT_REGIONS, Problems, Settings, SettingsError
from components.tags import tag_everything
from runtime.names import METRIC_NAMESPACE, textract_cost

NAME = "plumbline"
TUNNEL_PORT = 9443


def deploy() -> None:
    """Create the stack that the settings describe, and export its outputs."""
    settings = _settings()
    owner = {"owner": settings.owner} if settings.owner else {}
    tag_everything({"project": pulumi.get_project(), "stack": pulumi.get_stack(), **owner})
    for name, value in compose(settings, CodeArgs()).items():
        pulumi.export(name, value)


def compose(settings: Settings, code_args: CodeArgs) -> dict[str, pulumi.Input[str]]:
    """Create the tiers; return the stack's outputs by name."""
    suffix = f"-{pulumi.get_stack().replace('.', '-')}" if settings.names == "stack" else ""
    namespace = f"{METRIC_NAMESPACE}{suffix}"
    network = Network(
        NAME,
        NetworkArgs(
            cidr=settings.cidr,
            nat_gateways=settings.size.nat_gateways,
            protect=settings.protect,
            zones=settings.zones,
        ),
    )
    code = Code(NAME, replace(code_args, log_bucket=network.logs.name, protect=settings.protect))
    retrieval = Retrieval(
        NAME,
        RetrievalArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            size=settings.size,
            code=code,
            model=settings.embeddings_model,
            protect=settings.protect,
            endpoint=settings.search_endpoint,
        ),
    )
    ingestion = Ingestion(
        NAME,
        IngestionArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids,
            logs=network.logs,
            retrieval=retrieval,
            code=code,
            model=settings.embeddings_model,
            protect=settings.protect,
            version_days=settings.version_days,
            archive_days=settings.archive_days,
            recognition=settings.recognition,
            recognition_pages=settings.recognition_pages,
            metric_namespace=namespace,
        ),
    )
    readers: list[pulumi.Input[str]] = []
    library = Library(
        ingestion=ingestion,
        retrieval=retrieval,
        embeddings_model=settings.embeddings_model,
        text_model=settings.text_model,
        refused=settings.refused,
        conversation_days=settings.conversation_days,
        metric_namespace=namespace,
    )
    monitoring = Monitoring(
        NAME,
        MonitoringArgs(
            bucket=ingestion.bucket,
            logs=network.logs,
            workers=settings.size.glue_workers,
            queue=ingestion.queue.name,
            dead_letters=ingestion.dead_letters.name,
            undelivered=ingestion.undelivered,
            rules=ingestion.rules,
            functions=[ingestion.reconcile.name, ingestion.reconcile_all.name],
            streams={"passages": ingestion.passages_stream.name, "questions": ingestion.prompts_stream.name},
            tables={"documents": ingestion.ledger.name, "conversations": retrieval.conversations.name},
            sync=ingestion.sync.arn,
            domain=None if settings.search_endpoint else retrieval.domain_name,
            volume_gib=settings.size.volume_gib,
            email=settings.alarm_email,
            protect=settings.protect,
            suffix=suffix,
            budget=settings.budget,
        ),
    )
    outputs: dict[str, pulumi.Input[str]] = {}
    if settings.notebook:
        notebook = Notebook(
            NAME,
            NotebookArgs(
                vpc_id=network.vpc_id,
                subnet_id=network.private_subnet_ids[0],
                library=library,
                monitoring=monitoring,
                logs=network.logs,
                protect=settings.protect,
            ),
        )
        readers.append(notebook.role_arn)
        outputs["NotebookInstanceName"] = notebook.instance_name
    if settings.frontend:
        frontend = Frontend(
            NAME,
            FrontendArgs(
                names=settings.frontend,
                network=network,
                library=library,
                monitoring=monitoring,
                size=settings.size,
                image=settings.frontend_image,
                protect=settings.protect,
            ),
        )
        readers.append(frontend.role_arn)
        outputs["AppURL"] = frontend.app_url
        outputs["CloudFrontDomain"] = frontend.cloudfront_domain
        outputs["CognitoUserPool"] = frontend.user_pool_id
    retrieval.admit(writers=[ingestion.reconcile.role_arn, ingestion.reconcile_all.role_arn], readers=readers)
    return {
        "Region": aws.get_region_output().region,
        "BucketName": ingestion.bucket.name,
        "JumpHostId": ingestion.jump_host.id,
        "DataSyncTaskID": ingestion.sync.arn.apply(lambda arn: arn.rpartition("/")[2]),
        "OpensearchDomain": retrieval.domain_name,
        "OpensearchEndpoint": retrieval.endpoint,
        "FirehoseEmbeddingsName": ingestion.passages_stream.name,
        "FirehosePromptsName": ingestion.prompts_stream.name,
        **{output: made.name for output, made in monitoring.tables.items()},
        "ConversationTable": retrieval.conversations.name,
        "DashboardURL": monitoring.dashboard_url,
        "LedgerTable": ingestion.ledger.name,
        "QueueURL": ingestion.queue.url,
        "DeadLetterQueueURL": ingestion.dead_letters.url,
        "EmbeddingsModel": settings.embeddings_model,
        "TextModel": settings.text_model,
        "Recognition": settings.recognition,
        "RecognitionPagesPerMonth": str(settings.recognition_pages),
        "Refused": str(settings.refused),
        "ConversationDays": str(settings.conversation_days),
        "MetricNamespace": namespace,
        "TunnelCommand": _tunnel(ingestion.jump_host.id, retrieval.endpoint),
        **outputs,
    }


def _tunnel(jump_host: pulumi.Output[str], endpoint: pulumi.Output[str]) -> pulumi.Output[str]:
    """The command that forwards a port of the operator's machine to the domain."""
    ports = f'"portNumber":["443"],"localPortNumber":["{TUNNEL_PORT}"]'
    return pulumi.Output.concat(
        "aws ssm start-session --target ",
        jump_host,
        ' --document-name AWS-StartPortForwardingSessionToRemoteHost --parameters \'{"host":["',
        endpoint,
        '"],',
        ports,
        "}'",
    )


def _settings() -> Settings:
    """The values in the namespace; reports everything that is wrong with them before anything is created."""
    prefix = f"{NAMESPACE}:"
    everything = {**config.get_config_env(), **config.CONFIG.get()}
    values = {key.removeprefix(prefix): value for key, value in everything.items() if key.startswith(prefix)}
    region = everything.get("aws:region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""

    def look_up(settings: Settings) -> Problems:
        client = account.clients(everything, region)
        if client is None:
            pulumi.log.info("The settings are not compared with the account: Pulumi assumes a role in it.")
            return []
        problems, unknown = account.check(settings, region, client)
        for said in unknown:
            pulumi.log.warn(said)
        return problems

    try:
        settings = Settings.read(values, region, look_up)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from error
    if settings.frontend and not settings.frontend_image and not shutil.which("docker"):
        raise pulumi.RunError(
            "Docker, which builds the chat page's image, is not installed. Install it, or build the image elsewhere "
            f"and set {NAMESPACE}:frontendImage to its digest, NAME@sha256:DIGEST."
        )
    _report_recognition(settings, region, is_set="recognition" in values)
    return settings


def _report_recognition(settings: Settings, region: str, *, is_set: bool) -> None:
    """Say what recognition will cost at most, or that the region has none."""
    if settings.recognition == "textract":
        pages = settings.recognition_pages
        cost = f"{pages:,} pages a month at most, ${textract_cost(pages):,.2f}"
        if not pages:
            cost = f"without a monthly limit, ${textract_cost(1000):,.2f} per 1,000 pages"
        pulumi.log.info(f"Textract reads the pictures in documents: {cost} at the list price in us-east-1.")
    elif not is_set:
        pulumi.log.warn(
            f"The pictures in documents are not read: Textract, which recognizes their text, is not in {region}, only "
            f"in {', '.join(sorted(TEXTRACT_REGIONS))}. To go without, set {NAMESPACE}:recognition to none."
        )
