"""A Bitbucket on loopback, for tests.

REST over TLS with a throwaway CA, git over HTTP, git over SSH on real
repositories, faults on request and a log of everything that happened.
The program is ``../run``; the manual is ``../README.md``.

What belongs to one edition of Bitbucket (paths, JSON, messages) lives in
modules whose names say ``datacenter`` or ``cloud``; ``editions`` lists them.
Everything else is shared.
"""
