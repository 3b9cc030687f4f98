"""The hot routes as a plain ASGI callable: no middleware, one commit for many requests.

``imiconnect.asgi`` hands over what ``serves`` says. Facts behind it: Django's ASGI handler
costs several times what accepting a message does (facts/performance.md, section 6.6).
"""

from imiconnect.rtm.intake.app import app, lifespan, serves

__all__ = ["app", "lifespan", "serves"]
