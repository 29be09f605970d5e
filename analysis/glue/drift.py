"""The script of the Glue job embedding-drift-analysis."""

from analysis.glue.run import run

run("drift")
