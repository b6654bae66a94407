"""The archive: a folder or bucket of the operator's, from which links to results last."""
