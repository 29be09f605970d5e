"""The script of the Glue job embedding-distance-analysis."""

from analysis.glue.run import run

run("distance")
