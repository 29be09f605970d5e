"""The Pulumi components, one a tier; the package is claimed here and filled by the deployment's own change."""
