"""What holds of every shape of the stack, under mocks."""

from __future__ import annotations

import re

import pytest

from components.functions import CodeArgs
from components.settings import Settings
from components.stack import compose
from tests.deploy.engine import IMAGE, MODELS, PAGE
from tests.deploy.resources import made, statements
from tests.deploy.shapes import shapes

pytestmark = pytest.mark.xdist_group("shapes")

DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{1,255}")
"""What EC2 takes."""


GIVEN = ("name", "dashboardName", "family")
"""Inputs that name something for good; Pulumi adds letters of its own to whatever is left open."""

OF_A_PARENT = {"cognito/userGroup:UserGroup", "route53/record:Record", "cloudfront/vpcOrigin:VpcOrigin"}
"""Types whose names count within a pool or a zone of the stack's own, or have the stack's."""


def named(stack: str, names: str) -> set[tuple[str, str]]:
    values = {**MODELS, **PAGE, "frontendImage": IMAGE, "notebook": "true", "names": names}
    found = made(lambda: compose(Settings.read(values), CodeArgs()), stack=stack)
    return {
        (kind, one.inputs[key])
        for one in found.resources
        for key in GIVEN
        if (kind := one.type.removeprefix("aws:")) not in OF_A_PARENT
        and isinstance(one.inputs.get(key), str)
        and "-1234567" not in one.inputs[key]  # another resource's
    }


def test_two_environments_in_one_account_share_no_name_if_that_is_set() -> None:
    clashes = named("dev", "plain") & named("live", "plain")
    assert {kind for kind, _ in clashes} == {"glue/job:Job", "cloudwatch/dashboard:Dashboard"}
    assert named("dev", "stack") & named("live", "stack") == set()
    assert named("dev", "plain") & named("live", "stack") == set()


def test_ec2_takes_the_description_of_every_group_and_rule() -> None:
    said = [
        (one.name, one.inputs["description"])
        for shape in shapes()
        for one in shape.resources
        if "securityGroup" in one.type and "description" in one.inputs
    ]
    assert len(said) > 60
    assert not [each for each in said if not DESCRIPTION.fullmatch(each[1])]


def test_every_role_is_allowed_named_actions_only() -> None:
    for shape in shapes():
        policies = {name: one["policy"] for name, one in shape.of("iam/rolePolicy:RolePolicy").items()}
        policies |= {
            name: one["accessPolicies"] for name, one in shape.of("opensearch/domainPolicy:DomainPolicy").items()
        }
        for name, policy in policies.items():
            allowed = statements(policy)
            assert not [action for one in allowed for action in one["Action"] if action.endswith("*")], name
            whole = [repr(sorted(one.items())) for one in allowed]
            assert len(set(whole)) == len(whole), name  # none is said twice
