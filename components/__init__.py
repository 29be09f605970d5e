"""The Pulumi components, one a tier, and the stack that composes them."""
