# SPDX-License-Identifier: Apache-2.0
"""gunicorn for the API, behind a proxy that speaks TLS: gunicorn -c gunicorn.conf.py blazar_spot.wsgi:application

Threads, since requests that wait for a change hold one each: keep waiting_at_once in [api] below their number.
"""

bind = "127.0.0.1:8786"
worker_class = "gthread"
workers = 2
threads = 16
# Longer than a request may wait for a change, and longer than clients keep connections.
timeout = 120
graceful_timeout = 70
keepalive = 75
# The most that gunicorn can: a question about a hundred leases by their ids is longer than its default.
limit_request_line = 8190
