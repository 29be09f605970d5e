"""The stack: reads the settings, composes the tiers, exports the outputs."""

from components.stack import deploy

deploy()
