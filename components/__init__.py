"""The Pulumi components, one per tier, and the stack that composes them."""
