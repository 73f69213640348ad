"""BETWEEN MEMBERS: what carries artifacts and their evidence from one place to another."""

from assay.exchange.bundle import Bundle, read_bundle, unbundle
from assay.exchange.pack import write_bundle
from assay.exchange.source import BundleSource, is_bundle

__all__ = ["Bundle", "BundleSource", "is_bundle", "read_bundle", "unbundle", "write_bundle"]
