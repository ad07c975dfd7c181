"""What the DAG files of Sluice share."""
