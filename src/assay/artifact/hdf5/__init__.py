"""HDF5 walked without its library: superblock, object headers, groups of both styles, attributes, links, heaps.

Source of the format: HDF5 File Format Specification Version 3.0, docs.hdfgroup.org/hdf5/develop/_f_m_t3.html.
"""
